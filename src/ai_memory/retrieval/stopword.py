"""Stop words: words so common that a keyword query is better without them.

Seven languages. A query loses the stop words of one language only, the one it uses most of, so
that German "die" does not cost an English question its verb. English wins ties.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

# Accents are cut, and an apostrophe splits: "don't" leaves "don" and "t".
_WORDS: Final = {
    "english": """
        a about above after again against ain all am an and any are aren as at be because
        been before being below between both but by can cannot could couldn d did didn do
        does doesn doing don down during each few for from further had hadn has hasn have
        haven having he her here hers herself him himself his how i if in into is isn it its
        itself just let ll m me might more most mustn my myself no nor not of off on once
        only or other ought our ours ourselves out over own re s same shan she should
        shouldn so some such t than that the their theirs them themselves then there these
        they this those through to too under until up ve very was wasn we were weren what
        when where which while who whom whose why will with won would wouldn you your yours
        yourself yourselves
    """,
    "german": """
        aber als am an auch auf aus bei bin bis bist da dann das dass dem den der des dich
        die dir doch du durch ein eine einem einen einer eines er es euch fur hat hatte
        hatten ich ihm ihn ihr ihre im in ist ja kann mein meine mich mir mit nach nicht
        noch nur oder schon sein seine sich sie sind so uber um und uns unser vom von vor
        wann war waren warum was wegen welche welcher welches wem wen wenn wer werden wie
        wir wird wo zu zum zur
    """,
    "french": """
        a ai as au aux avec c ce ces cet cette comment d dans de des du elle elles en est et
        etait eu il ils j je l la le les leur lui m ma mais me meme mes mon n ne nos notre
        nous on ont ou par pas pour pourquoi qu quand que quel quelle quelles quels qui s sa
        se ses si son sont sur t ta te tes toi ton tu un une vos votre vous y
    """,
    "spanish": """
        a al como con cual cuando de del desde donde e el ella ellas ellos en entre era es
        esa ese eso esta estaba este esto fue ha han hay la las le les lo los mas me mi mis
        muy ni no nos o para pero por porque que quien se ser si sin sobre son su sus te tu
        tus un una unas unos y ya yo
    """,
    "italian": """
        a ad ai al alla alle anche che chi ci come con cosa da dal dalla dei del della delle
        di dove e ed era gli ha hanno ho i il in io la le lei lo loro lui ma mi mio mia nei
        nel nella non o per perche piu quale quando quello questa questo se sei si sono su
        sua suo tra tu un una uno
    """,
    "portuguese": """
        a ao aos as com como da das de do dos e ela elas ele eles em entre era essa esse
        esta este eu foi ha isso isto ja mais mas me meu minha na nao nas no nos o onde os
        ou para pela pelo por porque qual quando que quem se sem ser seu sua sao te tem um
        uma voce
    """,
    "dutch": """
        aan als bij dan dat de der deze die dit doch door een en er had heb hebben heeft het
        hij hoe ik in is je kan maar me met mij mijn naar niet nog of om onder ons ook op
        over te tot u uit van veel voor waar waarom wanneer want was wat we wel werd wie wij
        worden ze zich zij zijn zo zou
    """,
}
_LISTS: Final = tuple(frozenset(words.split()) for words in _WORDS.values())


def significant(words: Sequence[str]) -> list[str]:
    """Words without the stop words of the language they use most; all of them if none remains.

    Args:
        words: Lower case, without accents, split at apostrophes.
    """
    stop = stop_words(words)
    kept = [word for word in words if word not in stop]
    return kept or list(words)


def stop_words(words: Sequence[str]) -> frozenset[str]:
    """The stop words of the language that words use most.

    Args:
        words: Lower case, without accents, split at apostrophes.
    """
    return max(_LISTS, key=lambda stop: sum(word in stop for word in words))


def counts(words: Sequence[str]) -> tuple[int, int]:
    """How many are English stop words, and how many of the other language that has most.

    Args:
        words: Lower case, without accents, split at apostrophes.
    """
    english, *others = [sum(word in stop for word in words) for stop in _LISTS]
    return english, max(others)


def is_stop_word(word: str) -> bool:
    """Whether an English question is better without the word. Lower case, without accents."""
    return word in _LISTS[0]
