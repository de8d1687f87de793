"""OHIF's built pages (npm), served from an address of their own and pointed at a DICOMweb archive."""

from __future__ import annotations

import functools
import http.server
import subprocess
import tarfile
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OHIF = "@ohif/app@3.13.2"
CACHE = Path("var/ohif")


class NoPeer(RuntimeError):
    """Something to measure with is not on this machine; the message names it."""


def unpacked(cache: Path) -> Path:
    """OHIF's built pages, fetched once into ``cache`` (the registry is npm's own setting)."""
    dist = cache / "package" / "dist"
    if not dist.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            packed = subprocess.run(["npm", "pack", OHIF, "--silent"], cwd=folder, capture_output=True, text=True)
            if packed.returncode != 0:
                raise NoPeer(f"npm cannot fetch {OHIF}")
            with tarfile.open(Path(folder) / packed.stdout.strip().splitlines()[-1]) as archive:
                archive.extractall(cache, filter="data")
    return dist


@contextmanager
def pages(dist: Path, archive: str) -> Iterator[str]:
    """The address of OHIF's pages in ``dist``; ``archive``: the address below which ``/dicom-web`` is asked."""
    site = _Site(("127.0.0.1", 0), functools.partial(_Pages, archive, directory=str(dist)))
    threading.Thread(target=site.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{site.server_address[1]}"
    finally:
        site.shutdown()
        site.server_close()


class _Site(http.server.ThreadingHTTPServer):
    daemon_threads = True


class _Pages(http.server.SimpleHTTPRequestHandler):
    """OHIF's files; every address that is no file is its one page, and its settings point at one archive."""

    def __init__(self, archive: str, *arguments: object, **more: object) -> None:
        self.archive = archive
        super().__init__(*arguments, **more)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if path == "/app-config.js":
            body = _SETTINGS.replace("ARCHIVE", self.archive).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/javascript")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return
        if not Path(self.translate_path(path)).is_file():
            self.path = "/index.html"
        super().do_GET()

    def log_message(self, format: str, *arguments: object) -> None:
        """Quiet."""


_SETTINGS = """window.config = {
  routerBasename: null, extensions: [], modes: [], showStudyList: true, maxNumberOfWebWorkers: 3,
  showLoadingIndicator: true, strictZSpacingForVolumeViewport: true,
  maxNumRequests: {interaction: 100, thumbnail: 5, prefetch: 25},
  defaultDataSourceName: 'archive',
  dataSources: [{
    namespace: '@ohif/extension-default.dataSourcesModule.dicomweb', sourceName: 'archive',
    configuration: {
      friendlyName: 'Archive', name: 'archive', wadoUriRoot: 'ARCHIVE/wado',
      qidoRoot: 'ARCHIVE/dicom-web', wadoRoot: 'ARCHIVE/dicom-web',
      qidoSupportsIncludeField: false, imageRendering: 'wadors', thumbnailRendering: 'wadors',
      enableStudyLazyLoad: true, supportsFuzzyMatching: false, supportsWildcard: true,
      omitQuotationForMultipartRequest: true, bulkDataURI: {enabled: true},
    },
  }],
};
"""


if __name__ == "__main__":
    unpacked(CACHE)
