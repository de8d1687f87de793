# Two images: web (no torch: pages, API, light tasks, clock) and worker (the networks).
#   docker build --target web -t dens-web .        docker build --target worker -t dens-worker .

FROM node:24-bookworm-slim AS browser
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund --ignore-scripts
COPY viewer viewer
COPY static/js static/js
RUN npm run --silent build \
    && install -D node_modules/plotly.js-strict-dist-min/plotly-strict.min.js built/charts/plotly.min.js

FROM python:3.11-slim-bookworm AS base
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 \
    DENS_STATE_DIR=/var/lib/dens
RUN useradd --system --uid 10001 --create-home --home-dir /home/dens dens \
    && install -d -o dens -g dens -m 0700 /var/lib/dens /var/lib/dens/blobs
WORKDIR /app
COPY requirements/web.txt requirements/web.txt
RUN pip install -r requirements/web.txt
COPY --from=browser /build/node_modules/@embedpdf node_modules/@embedpdf

FROM base AS web
ENV DENS_WITH_INFERENCE=0
COPY --from=browser /build/built built
COPY manage.py pyproject.toml ./
COPY config config
COPY reporting reporting
COPY fixtures fixtures
COPY templates templates
COPY static static
COPY locale locale
RUN pybabel --quiet compile --directory locale --domain django && python -m compileall -q config reporting
USER dens
EXPOSE 8000
CMD ["gunicorn", "--config", "config/gunicorn.py", "config.wsgi:application"]

FROM base AS worker
COPY requirements/inference.txt requirements/inference.txt
RUN pip install -r requirements/inference.txt
COPY manage.py pyproject.toml ./
COPY config config
COPY reporting reporting
COPY inference inference
COPY fixtures fixtures
COPY templates templates
COPY locale locale
RUN pybabel --quiet compile --directory locale --domain django && python -m compileall -q config reporting inference
USER dens
CMD ["python", "-m", "config.worker", "inference"]
