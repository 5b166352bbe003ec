"""Calendar: the words people write dates, days and hours with, lower case and without accents."""

from __future__ import annotations

from typing import Final

MONTHS: Final = frozenset(
    (
        "jan", "january", "januar", "janvier", "feb", "february", "februar", "mar", "march", "marz",
        "mars", "apr", "april", "avril", "abril", "may", "mai", "mayo", "maggio", "jun", "june",
        "juni", "juin", "junio", "giugno", "jul", "july", "juli", "juillet", "julio", "luglio",
        "aug", "august", "aout", "agosto", "sep", "sept", "september", "septiembre", "settembre",
        "oct", "october", "oktober", "octubre", "ottobre", "nov", "november", "noviembre", "dec",
        "december", "dezember", "diciembre", "dicembre",
    )
)  # fmt: skip
MAYBE_MONTHS: Final = frozenset(("may", "mar", "mars", "march", "mai"))
"""Other words, too: months only beside a day."""

DAYS: Final = frozenset(
    (
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "montag",
        "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag", "lunes", "martes",
        "miercoles", "jueves", "viernes", "sabado", "domingo", "lundi", "mardi", "mercredi",
        "jeudi", "vendredi", "samedi", "dimanche", "lunedi", "martedi", "mercoledi", "giovedi",
        "venerdi", "spring", "summer", "autumn", "winter",
    )
)  # fmt: skip
HOURS: Final = frozenset(("am", "pm", "uhr", "h"))
SPANS: Final = frozenset(("week", "month", "year", "today", "tomorrow", "yesterday"))
