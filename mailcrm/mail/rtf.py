"""The words of compressed RTF, in which Outlook wraps bodies (MS-OXRTFCP). Linear and bounded, never raises."""

from striprtf.striprtf import rtf_to_text

MAX_RTF = 1_000_000
"""Bytes of RTF that are unpacked and read; the rest is left out."""

_START = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor "
    b"MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    b"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
"""What the dictionary holds at the beginning (§2.1.3.1.2)."""
_SIZE = 4_096


def words(packed: bytes) -> str:
    """The words of compressed RTF as plain text; empty where there are none or the bytes are something else."""
    source = unpacked(packed).decode("latin-1")
    if not source.startswith("{\\rtf"):
        return ""
    try:
        found = rtf_to_text(source, encoding="cp1252", errors="replace")  # type: ignore[no-untyped-call]
        return str(found).replace("\xa0", " ").strip()
    except (ValueError, LookupError, IndexError, TypeError, AttributeError, RecursionError):
        return ""


def unpacked(packed: bytes) -> bytes:
    """The RTF in `packed`, as far as it can be read (§3.1.3); empty for bytes of another form."""
    if packed[8:12] == b"MELA":
        return packed[16 : 16 + MAX_RTF]
    if packed[8:12] != b"LZFu":
        return b""
    wanted = min(int.from_bytes(packed[4:8], "little"), MAX_RTF)
    ring = bytearray(_START.ljust(_SIZE, b"\0"))
    write, at, out = len(_START), 16, bytearray()
    while at < len(packed) and len(out) < wanted:
        control, at = packed[at], at + 1
        for bit in range(8):
            if not control >> bit & 1:
                piece, at = packed[at : at + 1], at + 1
            else:
                refer, at = int.from_bytes(packed[at : at + 2], "big"), at + 2
                if refer >> 4 == write or at > len(packed):
                    return bytes(out[:wanted])
                piece = _repeated(ring, refer >> 4, (refer & 15) + 2, write)
            for byte in piece:
                ring[write] = byte
                write = (write + 1) % _SIZE
            out += piece
    return bytes(out[:wanted])


def _repeated(ring: bytearray, start: int, length: int, write: int) -> bytes:
    """`length` bytes of the dictionary from `start` on; those not yet written repeat the ones before them."""
    ahead = (write - start) % _SIZE or _SIZE
    known = bytes(ring[(start + at) % _SIZE] for at in range(min(length, ahead)))
    return (known * (length // len(known) + 1))[:length]
