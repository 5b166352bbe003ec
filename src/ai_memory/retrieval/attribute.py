"""Attribute: the words that say which property of a thing a sentence is about, or that it changed.

People word one property in many ways: who "lives" somewhere has a "home" there, or has "moved" to
it. Here the ways are one attribute, for properties that hold one value at a time, in the languages
people note such things in. Also here: the small words that say what became of an older word (now,
no longer, instead), that nothing did (also), or that something is only thought of (if, maybe).
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Final, Literal, NamedTuple, TypeAlias

from ai_memory import late
from ai_memory.retrieval.script import is_unspaced, pairs
from ai_memory.retrieval.words import plain, root

Role: TypeAlias = Literal[
    "be", "lead", "left", "topic", "now", "change", "end", "also", "past", "unreal", "not", "self",
    "light",
]  # fmt: skip

_RUN: Final = late.pattern(r"[^\W_]+")
_TELLING: Final = frozenset(("now", "change", "end", "left"))
# What stands before the stroke is said of a thing with its value behind it; what stands behind the
# stroke names the attribute.
_ATTRIBUTES: Final = {
    "home": """
        live lives living reside resides moved move relocated staying stay stays settled dwell
        wohnt wohne wohnen gezogen umgezogen zieht lebt lebe vive vivo vivimos mudo mudado mudamos
        habite habitons demenage installe abita abito vivono trasferita trasferito mora moro
        moramos mudou woont woon verhuisd mieszka mieszkam przeprowadziła przeprowadził живет живу
        переехала переехал yaşıyor yaşıyorum taşındı taşındım bor flyttat flyttade / home address
        residence apartment flat house based adresse wohnung casa piso maison domicile
    """,
    "work": """
        work works working employed joined hired arbeitet arbeite trabaja trabajo travaille lavora
        lavoro trabalha werkt werk pracuje pracuję работает работаю çalışıyor arbetar / job
        employer company position role profession career occupation title stelle arbeitgeber
        empleo puesto emploi poste impiego emprego baan работу
    """,
    "rank": """
        teach teaches / head officer promoted nurse teacher engineer director assistant student
        retired leiter direktor
    """,
    "boss": "report reports / boss chef chefin vorgesetzte jefe jefa capo",
    "price": """
        cost costs costing charge charges billed charged kostet kosten cuesta cuestan coute
        coutent costa costano custa custam kost kosztuje стоит / price fee rate rent ticket
        tickets preis miete gebuhr precio alquiler prix loyer prezzo affitto preco aluguel prijs
        huur cena
    """,
    "owner": """
        own owns owned maintain maintains handle handles handled leads manages took taken handed
        zustandig ubernommen kummert encarga responsable responsabile responsavel gestisce
        verantwoordelijk отвечает / owner maintainer responsible charge on-call rota questions
        verantwortlich leitet
    """,
    "when": """
        starts start begins begin leaves departs happen happens meets held scheduled rescheduled
        postponed pushed delayed extended launch launches findet beginnt probt verschoben
        verlangert filed empieza comienza aplazado commence reporte inizia comeca begint
        начинается перенесли slipped / due deadline date time meeting schedule day slot until
        frist termin plazo fecha delai scadenza prazo срок probe
    """,
    "often": "/ hourly daily nightly weekly biweekly monthly quarterly yearly annually",
    "favourite": """
        prefer prefers want wants prefiero prefere prefiere bevorzuge bevorzugt preferisco prefiro
        предпочитаю / favourite favorite preferred best lieblings lieber liebsten favorito
        favorita preferito preferita lievelings любимый
    """,
    "use": """
        prefer prefers use uses using used runs run requires require needs need switched switch
        migrated migrate upgraded upgrade adopted benutzen benutzt nutzen nutzt verwenden
        verwendet laufen lauft braucht usamos usa usan utilise utilisons usiamo gebruiken gebruikt
        используем drive drives / provider tool
    """,
    "version": "upgraded published released / version release latest",
    "bought": "drive drives bought sold fahre fahrt / car auto coche voiture macchina carro",
    "called": """
        called named renamed heißt heisst heiße llama appelle chiama chama heet зовут / name
    """,
    "contact": """
        reached reach / phone email mobile telephone telefon handy nummer telefono
    """,
    "diet": "/ vegetarian vegan meat dairy lactose vegetarier fleisch vegetariano vegetarien",
    "married": """
        / single engaged engagement married divorced widowed verheiratet ledig geschieden verlobt
    """,
    "liking": """
        like likes love loves enjoy enjoys hate hates dislike dislikes adore adores stand mag
        liebt / fan
    """,
    "school": "studies attends / school university class grade major schule klasse studium",
    "state": """
        / open closed fixed pending approved rejected done finished blocked resolved reopened
        released development enabled disabled off active inactive progress shipped merged draft
        cancelled canceled optional mandatory required status offen fertig erledigt
    """,
    "size": """
        wear wears hold holds seats seat weigh weighs limit / size weight height tall age capacity
    """,
    "drink": "drink drinks trinke trinkt bebe boit beve bebo / coffee tea kaffee tee",
    "learn": "learning studying learns studies lerne lernt / instrument course",
    "speak": "reply respond antworte antwortet responde responda réponds / language answer",
    "secret": "/ password passcode pin code passwort contraseña",
    "budget": "/ budget",
    "allowed": "allowed forbidden permitted may must / free",
}
_WRITTEN_CLOSE: Final = {
    "home": ("住", "搬", "引っ越", "暮ら", "살", "이사"),
    "work": ("工作", "上班", "跳槽", "入职", "働", "転職", "勤め", "일하", "이직"),
    "when": ("会", "点", "时间", "改到", "星期", "周", "時", "曜日", "変更", "시간"),
    "price": ("价格", "元", "租金", "円", "値段", "価格", "가격"),
    "use": ("使用", "改用", "用", "使って", "乗り換え", "사용"),
    "favourite": ("最喜欢", "一番好き", "가장 좋아"),
    "owner": ("负责", "担当", "담당"),
}
"""Attributes in scripts without blanks: looked for anywhere in the text."""

_ROLES: Final[dict[Role, str]] = {
    "be": """
        is are am be was were been being s re ist sind bin war waren son era eran es esta estan
        est sont etait sono sao zijn jest
    """,
    "lead": """
        in on at to with by via under as until till into within bei im am auf nach zum zur mit bis
        en al con hasta chez dans au aux avec presso em na ao para pour op naar met bij w в во на
    """,
    "left": """
        from instead statt anstatt rather replaced replaces ersetzt remplace sostituito
        substituído
    """,
    "topic": "for of about fur für uber sobre per voor del der des du dla для",
    "now": """
        now anymore longer lately recently currently new again jetzt nun inzwischen mittlerweile
        neuerdings stattdessen sofort mehr neue neuer neues ahora actualmente ya nuevo nueva
        maintenant desormais nouveau nouvelle plus adesso ora ormai nuovo nuova agora atualmente
        novo nova nu voortaan nieuwe teraz już теперь сейчас больше artık şimdi
    """,
    "change": """
        rebooked reporte reportee avance rinviato spostato spostata aplazado aplazada adiado
        adiada verzet przesunięte перенесли nolonger changed change moved relocated switched
        replaced doubled halved died migrated migrate upgraded renamed raised lowered cut reduced
        increased extended postponed delayed pushed slipped rescheduled reassigned became become
        turned started promoted took taken handed reopened released approved fixed bought engaged
        gewechselt umgezogen gezogen geandert verlangert verschoben ubernommen wechselt cambiado
        cambio mudo mudado demenage passe trasferita trasferito cambiato mudou passou verhuisd
        gewijzigd overgestapt przeprowadziła przeprowadził zmienił zmieniła переехала переехал
        перешел перешла taşındı
    """,
    "end": """
        hate hates dislike dislikes outgrew died quit stopped sold cancelled canceled ended
        dropped removed abandoned gekundigt aufgehort verkauft dejo vendio arrete vendu smesso
        venduto parou vendeu gestopt verkocht
    """,
    "light": """
        showed shows says say turns out please must wurde wurden muss soll sollen kann darf still
        yet noch encore todavia ancora ainda go goes it he she they this that er sie ella ellos il
        elle ils lui lei ele ela hij zij он она
    """,
    "also": """
        also too additionally besides another both plus auch zusatzlich außerdem ausserdem tambien
        ademas aussi egalement anche inoltre tambem alem ook również też также тоже
    """,
    "past": """
        formerly former previously once before fruher ehemals damals antes anteriormente
        auparavant autrefois prima vroeger dawniej раньше
    """,
    "unreal": """
        if would could might maybe perhaps thinking considering wenn vielleicht quiza tal
        peut-etre forse talvez als misschien если может
    """,
    "not": """
        nolonger not no never none nor neither without cannot nobody nothing don doesn isn aren
        won didn t nicht kein keine keinen keinem keiner nie niemals ohne nunca ningun jamas pas
        jamais sans non mai sem nao niet geen nooit zonder не нет никогда değil
    """,
    "self": """
        i me my mine we us our ours ich mein meine meinen mich mir wir uns unser unsere yo mi mis
        nosotros nuestro nuestra je moi mon ma mes nous notre io mio noi nostro nostra eu meu
        minha nosso nossa ik mijn wij ons я мой моя мы наш user
    """,
}
_CHANGE_SIGNS: Final = (
    "现在", "改到", "改为", "改成", "改用", "搬到", "搬去", "不再", "已经", "跳槽",
    "今は", "引っ越し", "転職", "変更", "になりました", "もう", "이제", "더 이상", "이사",
)  # fmt: skip
_ALSO_SIGNS: Final = ("也", "还", "もまた", "도 ")
_MANY: Final = frozenset(
    root(word)
    for word in (
        "add", "adds", "alergico", "allergic", "allergico", "allergique", "allergisch", "can",
        "dislike", "dislikes", "enjoy", "enjoys", "goes", "got", "had", "has", "hate", "hates",
        "have", "include", "includes", "interested", "know", "knows", "learning", "like", "likes",
        "love", "loves", "mag", "means", "member", "met", "planted", "play", "plays", "read",
        "reads", "reserved", "saw", "see", "speak", "speaks", "visit", "visited", "watch",
        "watched",
    )
)  # fmt: skip
"""Said of many things at once: who likes one thing may like another."""


_ROOM: Final = frozenset(
    (
        "use", "uses", "need", "needs", "require", "requires", "prefer", "prefers", "want", "wants",
        "works", "run", "runs", "eats", "eat", "drinks", "drink", "takes", "take", "bought",
        "喜欢", "爱", "好き", "좋아",
    )
)  # fmt: skip
"""Likewise, where nothing says what for."""


class Gist(NamedTuple):
    """Roots of a text's words and the attributes they may speak of; whether it tells a change."""

    words: frozenset[str]
    tells: bool


class Word(NamedTuple):
    """What is known of a word.

    Attributes:
        roles: What it does in a sentence.
        attributes: Which it may speak of.
        predicate: Whether a value follows.
    """

    roles: frozenset[Role]
    attributes: frozenset[str]
    predicate: bool


def known(word: str) -> Word | None:
    """What is known of a lower-case word without accents; None: nothing."""
    words = _vocabulary()
    found = words.get(word) or words.get("~" + root(word))
    if found is None and "-" in word:
        found = words.get(word.partition("-")[0])  # mudou-se
    return found


@lru_cache(maxsize=4_096)
def gist(text: str) -> Gist:
    """What of a text is enough to see that another is about something else; quickly."""
    words = _vocabulary()
    found: set[str] = set()
    tells = False
    for word in _RUN.findall(plain(text)):
        entry = words.get(word)
        if entry is not None:
            tells = tells or not entry.roles.isdisjoint(_TELLING)
            found.update(entry.attributes)
            if "self" in entry.roles:
                found.add("self")
            if entry.roles and not entry.attributes:
                continue
        if is_unspaced(word):
            found.update(pairs(word))
        elif len(word) > 1 or word.isdigit():
            found.add(root(word))
    return Gist(frozenset(found), tells)


def is_said_of_many(stem: str) -> bool:
    """Whether the root of a verb leaves room for more than one value."""
    return stem in _MANY


def leaves_room(word: str) -> bool:
    """Whether a verb may be said again with another object, and both hold."""
    return word in _ROOM or root(word) in _MANY


def is_close_room(text: str) -> bool:
    """The same for a text without blanks."""
    return any(word in text for word in _ROOM if not word.isascii())


def signs(text: str) -> tuple[frozenset[str], bool, bool]:
    """For a text without blanks: its attributes, whether it says now, whether it says also."""
    attributes = frozenset(
        name for name, parts in _WRITTEN_CLOSE.items() if any(part in text for part in parts)
    )
    return (
        attributes,
        any(sign in text for sign in _CHANGE_SIGNS),
        any(sign in text for sign in _ALSO_SIGNS),
    )


@cache
def _vocabulary() -> dict[str, Word]:
    """Roles by the word as it is, attributes by its root too (with a tilde)."""
    roles: dict[str, set[Role]] = {}
    attributes: dict[str, set[str]] = {}
    predicates: set[str] = set()
    for role, words in _ROLES.items():
        for word in plain(words).split():
            roles.setdefault(word, set()).add(role)
    for name, words in _ATTRIBUTES.items():
        verbs, _, nouns = words.partition("/")
        for word in plain(verbs).split():
            attributes.setdefault(word, set()).add(name)
            predicates.add(word)
        for word in plain(nouns).split():
            attributes.setdefault(word, set()).add(name)
    words_known = {
        word: Word(
            frozenset(roles.get(word, ())), frozenset(attributes.get(word, ())), word in predicates
        )
        for word in {*roles, *attributes}
    }
    stems = {
        f"~{root(word)}": Word(frozenset(), frozenset(names), word in predicates)
        for word, names in attributes.items()
        if "often" not in names  # "week" is none
    }
    return words_known | stems
