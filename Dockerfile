# The image of samestory. docker-compose.yml starts it with Postgres.
# The digest is that of the tag 3.11-slim with Python 3.11.16; see "Images" in docs/operations.md.
ARG PYTHON_IMAGE=python:3.11-slim@sha256:9c900dea9e8fb7e16277c179b555cc72d29a352dbc33cff48ad5a0412fd5bfc7

FROM ${PYTHON_IMAGE} AS build
# Index of the CPU builds of PyTorch. The default index has builds with several GB of CUDA.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore \
    PIP_NO_COMPILE=1 PYTHONDONTWRITEBYTECODE=1 PATH=/opt/samestory/bin:$PATH
WORKDIR /build
COPY requirements.lock requirements-dev.lock pyproject.toml ./
# Exactly the files of the lock file, and the build tool of the lock file of developers.
RUN python -m venv /opt/samestory && python -m venv /opt/build \
    && pip install --require-hashes --no-deps --requirement requirements.lock \
    && awk '/^[a-z]/ {keep = /^(hatchling|packaging|pathspec|pluggy|trove-classifiers)==/} keep' \
        requirements-dev.lock > build.lock \
    && /opt/build/bin/pip install --require-hashes --no-deps --requirement build.lock
# The lock file leaves out PyTorch, because its build depends on the machine. The version is that of
# pyproject.toml.
# hadolint ignore=DL3013
RUN version="$(sed -n 's/^ *"\(torch==[0-9.]*\)".*/\1/p' pyproject.toml)" \
    && pip install --no-deps --index-url "${TORCH_INDEX}" "${version}"
COPY README.md LICENSE NOTICE ./
COPY service service
COPY jobs jobs
COPY config config
COPY seeds seeds
# The file system of the container is read-only, so Python's bytecode is compiled here. It contains
# no times, so that the same files give the same image.
RUN /opt/build/bin/python -m hatchling build -t wheel -d dist \
    && pip install --no-deps --no-index dist/*.whl \
    && pip uninstall --yes pip \
    && python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/samestory/lib

FROM ${PYTHON_IMAGE}
# The volumes of backups and models get the owner of these folders.
RUN useradd --uid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin samestory \
    && install --directory --owner=samestory --mode=0700 /backups /models
COPY --from=build /opt/samestory /opt/samestory
ENV PATH=/opt/samestory/bin:$PATH PYTHONDONTWRITEBYTECODE=1 HF_HUB_OFFLINE=1 HF_HOME=/models \
    SAMESTORY_WEB__HOST=0.0.0.0
WORKDIR /tmp
USER 10001:10001
EXPOSE 8075
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=90s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8075/readyz', timeout=4)"]
CMD ["samestory", "up"]
