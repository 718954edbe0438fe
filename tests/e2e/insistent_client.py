"""A client to be killed: `PORT TOKEN SEED CASES HEAR`. Its keys follow from the seed, so that another one can go on.

Sends request after request until each is answered, and prints the cases with their versions. It hears the answers of
the first HEAR requests it sends; then it says that it has sent one more, and never reads.
"""

import json
import sys
import time
from http.client import HTTPConnection
from random import Random
from typing import Any
from uuid import UUID

port, token, seed, cases, hear = int(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:])
REPORT = {"received_at": "2026-03-02T09:14:00Z", "route": "online", "reporter_role": "victim", "alleged": "8N"}
LIVES: tuple[tuple[tuple[str, dict[str, Any]], ...], ...] = (
    (("register-incident", {}), ("record-crime", {"offence": "8N", "late_because": "It waited."})),
    (("decline-recording", {"reason": "other_force", "rationale": "It was in Essex."}),),
)
heard = 0


def send(rng: Random, path: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    """The answer, once there is one."""
    global heard
    headers |= {"authorization": f"Bearer {token}", "content-type": "application/json"}
    headers["idempotency-key"] = str(UUID(int=rng.getrandbits(128)))
    while True:
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("POST", path, json.dumps(body), headers)
        if heard == hear:
            print("sent", flush=True)
            time.sleep(60)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        heard += 1
        if answer.status in (200, 201):
            return json.loads(content)
        assert answer.status in (409, 503), content
        assert answer.headers["retry-after"], content
        time.sleep(0.02)


lives: dict[str, int] = {}
for number in range(cases):
    rng = Random(f"{seed}-{number}")
    opened = send(rng, "/v1/cases/report-crime", REPORT)
    case, version = opened["case"], opened["version"]
    for path, body in LIVES[number % 2]:
        version = send(rng, f"/v1/cases/{case}/{path}", body, **{"if-match": f'"{version}"'})["version"]
    lives[case] = version
print(json.dumps(lives))
