"""QR codes of addresses."""

from __future__ import annotations

from io import BytesIO

import segno
from litestar import Response

from webapp.web.rendering import PRIVATE

# Any mask can be read. Trying all eight for the prettiest one takes most of the time.
MASK = 3


def picture(address: str) -> Response[bytes]:
    """The answer to a page that asks for a code: the picture alone, which nobody keeps."""
    drawn = BytesIO()
    segno.make(address, error="m", mask=MASK).save(drawn, kind="svg", xmldecl=False, border=2, omitsize=True)
    return Response(drawn.getvalue(), media_type="image/svg+xml", headers=PRIVATE)


def data_uri(address: str) -> str:
    """For a page that has to do without asking for anything more. White around it, as scanners need."""
    return segno.make(address, error="m", mask=MASK).svg_data_uri(
        border=4, light="#fff", omitsize=True, xmldecl=False
    )


def png(address: str) -> bytes:
    """For a mail."""
    drawn = BytesIO()
    segno.make(address, error="m", mask=MASK).save(drawn, kind="png", scale=6, border=4)
    return drawn.getvalue()
