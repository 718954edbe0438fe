"""The documentation that the `type` of a problem leads to."""

from html import escape

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from adapters.http.problems import KINDS, Problem

router = APIRouter(prefix="/problems", tags=["problems"])

PAGE = """<!doctype html><html lang="en-GB"><meta charset="utf-8"><title>{title}</title>
<body style="font-family: sans-serif; max-width: 40em; margin: 2em auto; line-height: 1.5">
<h1>{title}</h1>
{body}
</body></html>
"""


@router.get("", summary="All kinds of problems", response_class=HTMLResponse)
async def problems() -> HTMLResponse:
    """Every kind of problem, with its status."""
    items = "\n".join(
        f'<li><a href="/problems/{slug}">{kind.status} {escape(kind.title)}</a></li>' for slug, kind in KINDS.items()
    )
    return HTMLResponse(PAGE.format(title="Problems", body=f"<ul>\n{items}\n</ul>"))


@router.get("/{slug}", summary="One kind of problem", response_class=HTMLResponse)
async def problem(slug: str) -> HTMLResponse:
    """What the problem means and what to do about it."""
    if slug not in KINDS:
        raise Problem("not-found", "There is no such kind of problem. All are listed at /problems.")
    kind = KINDS[slug]
    body = f'<p>Status {kind.status}.</p>\n<p>{escape(kind.help)}</p>\n<p><a href="/problems">All problems</a></p>'
    return HTMLResponse(PAGE.format(title=escape(kind.title), body=body))
