# One image: the API, the projector and every command. What it runs is what `make` runs: `candour`, installed by uv from
# the lock file. `docker compose up` starts all of it; see docs/how-to/run-with-compose.md.
FROM python:3.11-slim AS build
RUN ["pip", "install", "--no-cache-dir", "--disable-pip-version-check", "uv"]
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1
WORKDIR /opt/candour
COPY pyproject.toml uv.lock ./
RUN ["uv", "sync", "--locked", "--no-dev", "--no-managed-python", "--no-install-project"]
COPY LICENSE ./
COPY domain ./domain
COPY application ./application
COPY projections ./projections
COPY adapters ./adapters
RUN ["uv", "sync", "--locked", "--no-dev", "--no-managed-python", "--no-editable"]

FROM python:3.11-slim
RUN ["useradd", "--system", "--user-group", "--uid", "10001", "--no-create-home", "--shell", "/usr/sbin/nologin", "candour"]
COPY --from=build /opt/candour/.venv /opt/candour/.venv
ENV PATH=/opt/candour/.venv/bin:$PATH CANDOUR_HOST=0.0.0.0
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
ENTRYPOINT ["/opt/candour/.venv/bin/candour"]
CMD ["serve"]
