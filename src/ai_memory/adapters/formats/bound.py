"""The bounds of reading, with units: what a hostile or broken file may cost."""

from __future__ import annotations

from typing import Final

HEAD_BYTES: Final = 64 * 1024  # what `detect` gets to see
CHUNK_BYTES: Final = 256 * 1024
LINE_BYTES_MAX: Final = 64 * 1024 * 1024  # a long conversation in one line of JSON fits
DOCUMENT_BYTES_MAX: Final = 1024 * 1024 * 1024  # held in memory while it is read
BROKEN_ELEMENTS_MAX: Final = 1_000  # of one array; each costs a scan of what lies before it
EXCERPT_CHARS_MAX: Final = 120
HEADLINE_CHARS_MAX: Final = 100  # a title made from content
ENCODING_SAMPLE_BYTES: Final = 16 * 1024  # what an encoding is told by
BUNDLE_FILES_MAX: Final = 200_000  # of a folder or an archive
ZIP_BYTES_MAX: Final = 8 * 1024 * 1024 * 1024  # unpacked, by what the archive says
ZIP_PLAIN_BYTES: Final = 16 * 1024 * 1024  # so little is harmless, however much it was packed
ZIP_RATIO_MAX: Final = 100  # unpacked to packed; JSON of conversations has some 5 to 20
FRONT_CHARS_MAX: Final = 256 * 1024  # the head of a note; a whole metadata object fits
FRONT_NODES_MAX: Final = 100_000  # values in it, aliases written out
FRONT_DEPTH_MAX: Final = 34
TARGET_CHARS_MAX: Final = 512  # of a wiki link
FOLDERS_KEPT_MAX: Final = 8  # that become segments of a namespace
FLAT_NAMES_MAX: Final = 1_000  # tags or aliases of a note
NESTING_MAX: Final = 32  # of foreign values that are walked
ATTACHMENTS_MAX: Final = 100  # of one Slack message, as many as Slack takes
REMARK_KINDS_MAX: Final = 200
REMARK_PLACES_MAX: Final = 20  # named for each kind
