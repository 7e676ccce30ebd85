# The image of the daemon. docker-compose.yml starts Postgres next to it.
FROM python:3.11-slim

RUN useradd --create-home --uid 10001 samestory
WORKDIR /srv/samestory
# The pinned dependencies are a layer of their own, which changes of the code do not rebuild.
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes --no-deps --requirement requirements.lock
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY service service
COPY jobs jobs
COPY config config
COPY seeds seeds
# The remaining dependency is PyTorch. PIP_ARGS can name a source of its CPU build: see docs/operations.md.
ARG PIP_ARGS=""
RUN pip install --no-cache-dir ${PIP_ARGS} .

USER samestory
ENV SAMESTORY_WEB__HOST=0.0.0.0 HF_HUB_OFFLINE=1
EXPOSE 8075
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8075/readyz')"]
CMD ["sh", "-c", "samestory db upgrade && exec samestory up"]
