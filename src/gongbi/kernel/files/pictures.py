"""Making a picture harmless: checked by decoding, turned upright, stripped of everything but its pixels, scaled down.

A new file is written from the pixels, so that neither place and time (EXIF), nor text, nor anything hung on behind the picture
comes along. Pure: bytes in, bytes out; memory is bounded by what rules.py allows, and by two pictures at a time.
"""

from __future__ import annotations

import io
import threading
import warnings
from dataclasses import dataclass

from PIL import Image, ImageCms, ImageOps

from gongbi.kernel.files import rules

_FORMATS = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "gif": "GIF"}
_at_once = threading.BoundedSemaphore(2)
Image.MAX_IMAGE_PIXELS = 2 * rules.MAX_PIXELS  # Pillow's own net, under ours


class NoPicture(Exception):
    """It does not decode: damaged, cut, or not what its first bytes say."""


class TooLarge(Exception):
    """Its header claims more pixels than we decode; ``size`` is what it claims (0, 0 when the decoder stopped by itself)."""

    def __init__(self, size: tuple[int, int]) -> None:
        super().__init__(f"{size[0]} × {size[1]}")
        self.size = size


@dataclass(frozen=True, slots=True)
class Picture:
    """The new file, its thumbnail (JPEG or PNG), and the size in pixels."""

    content: bytes
    thumbnail: bytes
    kind: str
    width: int
    height: int


def clean(content: bytes, kind: str) -> Picture:
    """Check and rewrite one picture. ``kind``: jpeg, png, webp or gif (its first frame). Errors: NoPicture, TooLarge.

    At most 2,048 pixels a side; the thumbnail 320. JPEG and WebP become JPEG; PNG and GIF stay PNG. Colours become sRGB.
    """
    with _at_once, warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # ours is the stricter limit
        try:
            return _clean(content, kind)
        except Image.DecompressionBombError:
            raise TooLarge((0, 0)) from None
        except TooLarge:
            raise
        except (
            OSError,
            ValueError,
            SyntaxError,
            EOFError,
            IndexError,
            TypeError,
            AttributeError,
            OverflowError,
        ) as error:
            # Pillow's decoders raise all of these on damaged files.
            raise NoPicture(str(error)) from error
        except Exception as error:
            if type(error).__module__.split(".")[0] in ("zlib", "struct", "PIL"):
                raise NoPicture(str(error)) from error
            raise


def _clean(content: bytes, kind: str) -> Picture:
    with Image.open(io.BytesIO(content), formats=[_FORMATS[kind]]) as opened:
        if rules.too_large(*opened.size, kind):
            raise TooLarge(opened.size)
        profile = opened.info.get("icc_profile")
        if kind == "jpeg":
            # The decoder itself halves, down to just above the target: 40 megapixels take 10 MB instead of 120.
            opened.draft(opened.mode, (rules.MAX_SIDE, rules.MAX_SIDE))
        opened.load()
        # Smaller first: every step after this makes a copy. Palettes cannot be blended, so they are resolved before.
        scaled = opened.convert("RGBA") if opened.mode in ("P", "PA", "1") else opened
        scaled.thumbnail((rules.MAX_SIDE, rules.MAX_SIDE), Image.Resampling.LANCZOS)
        upright = ImageOps.exif_transpose(scaled)
    keeps_alpha = kind in ("png", "gif")
    image = _plain(upright, profile, keeps_alpha)
    small = image.copy()
    small.thumbnail((rules.THUMBNAIL, rules.THUMBNAIL), Image.Resampling.LANCZOS)
    new_kind = "png" if keeps_alpha else "jpeg"
    return Picture(_write(image, new_kind), _write(small, new_kind), new_kind, *image.size)


def _plain(image: Image.Image, profile: bytes | None, keeps_alpha: bool) -> Image.Image:
    """RGB (or RGBA) in sRGB, without any attached data."""
    alpha = keeps_alpha and (image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info)
    mode = "RGBA" if alpha else "RGB"
    if profile and image.mode in ("RGB", "CMYK") and not alpha:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            turned = ImageCms.profileToProfile(
                image, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
        except (ImageCms.PyCMSError, OSError, ValueError):
            turned = None  # a broken profile: take the numbers as they are
        if turned is not None:
            image = turned
    if image.mode in ("I", "I;16", "I;16B", "I;16L", "F"):
        image = image.convert("F").point(lambda value: value / 256).convert("L")
    if not keeps_alpha and (image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info):
        rgba = image.convert("RGBA")
        white = Image.new("RGB", image.size, "white")
        white.paste(rgba, mask=rgba.getchannel("A"))
        image = white
    plain = Image.new(mode, image.size)
    plain.paste(image.convert(mode))
    return plain


def _write(image: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    if kind == "png":
        image.save(out, "PNG", compress_level=6)
    else:
        image.save(out, "JPEG", quality=85, optimize=True, progressive=True)
    return out.getvalue()
