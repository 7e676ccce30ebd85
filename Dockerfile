# The daemon. Postgres runs beside it: see docker-compose.yml.
FROM python:3.11-slim

RUN useradd --create-home --uid 10001 samestory
WORKDIR /srv/samestory
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY service service
COPY jobs jobs
COPY config config
COPY seeds seeds
# PIP_ARGS can name where PyTorch's CPU build is to be found: see docs/operations.md.
ARG PIP_ARGS=""
RUN pip install --no-cache-dir ${PIP_ARGS} .

USER samestory
ENV SAMESTORY_WEB__HOST=0.0.0.0 HF_HUB_OFFLINE=1
EXPOSE 8075
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8075/readyz')"]
CMD ["sh", "-c", "samestory db upgrade && exec samestory up"]
