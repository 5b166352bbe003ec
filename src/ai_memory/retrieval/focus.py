"""Focus: what a message asks, without the small talk around it.

People wrap a question in a greeting, the weather and thanks. Every word of that would be looked
for, and a vector of it all lies near whatever is chatty. So a message of several sentences is asked
by those that ask; what they need from before comes along (docs/adr/0035).
"""

from __future__ import annotations

import re
from typing import Final

from ai_memory import late
from ai_memory.retrieval.question import names
from ai_memory.retrieval.stopword import stop_words
from ai_memory.retrieval.words import terms, tokens

_TERMS_MAX: Final = 24  # that are counted
_LONG: Final = 12  # significant words; a shorter sentence is one thought

_SENTENCE_END: Final = late.pattern(
    r"(?<!\b\w\.)(?<!\b[DM]r\.)(?<=[.!?\u037e\u061f\u06d4\u0964\u2026])[\"'”’»)]*\s+"
    r"|(?<=[\u0370-\u03ff\u1f00-\u1fff];)\s+"
    r"|(?<=[。！？])[」』”]?"
    r"|(?=¿)|\n+"
)
_THAI: Final = late.pattern("[\u0e01-\u0e4e]{8}")
_BLANK: Final = late.pattern(r"\s+")
_MARK: Final = late.pattern(
    r"[?？\u061f\u037e][\"'”’»」』)\s.!]*$|[\u0370-\u03ff\u1f00-\u1fff];\s*$"
)
_ASKING: Final = late.pattern(
    # Where nobody writes a question mark: what begins so asks, or has these words in it.
    r"^\W*+(?:(?:and|but|so|anyway|ok(?:ay)?|now|btw|by the way)\b\W*+)*+"
    r"(?:what(?!ever)|which|who(?:m|se)?|when(?= (?:did|do|does|is|was|were|will|has|have|had)\b)"
    r"|where|why|how(?! (?:nice|great|lovely|funny|cool|sweet)))\b"
    r"|\b(?:tell me|remind me|let me know|i (?:need|want|have|would like|'d like) to know"
    r"|(?:wonder(?:ing|ed)?|curious|know|remember|recall|forg[eo]t(?:ten)?|figure out|find out"
    r"|look up|check|say|asked|asking) "
    r"(?:about|if|whether|who|whom|whose|what|which|when|where|why|how)\b"
    r"|do you (?:know|remember|recall))"
    r"|\b(?:sag(?:e)? mir|wei(?:ß|ss)t du|erinner(?:e|st)?|ich (?:frage|wüsste)|verrat)\b"
    r"|^\W*+(?:wer|wem|wen|was|wann|wo|wohin|woher|warum|wieso|welche[rsnm]?|wie(?:viel|so)?)\b"
    r"|\b(?:dime|recuérdame|me pregunto|sabes|quisiera saber|dis-moi|rappelle-moi|je me demande"
    r"|sais-tu|dimmi|ricordami|mi chiedo|diga-me|me diga|lembra)\b"
    r"|^\W*+(?:qué|quién|cuál(?:es)?|cuándo|dónde|cómo|cuánt[oa]s?|quel(?:le)?s?|quand|où|pourquoi"
    r"|combien|comment)\b"
    r"|\b(?:скажи|напомни|подскажи|интересно|знаешь|помнишь)\b"
    r"|^\W*+(?:кто|что|где|когда|почему|какой|какая|какое|какие|сколько|куда|откуда|как)\b"
    r"|πες μου|θύμισέ μου|^\W*(?:ποιος|ποια|ποιο|πού|πότε|γιατί|πώς|πόσ)"
    r"|أخبرني|ذكرني|هل تعرف|هل تذكر|^\W*(?:من|ما|ماذا|متى|أين|كيف|لماذا|كم|أي)\s"
    r"|告诉我|请问|想知道|什么|甚麼|谁|哪|何时|為什麼|为什么|怎么|多少|吗\W*$"
    r"|教えて|ですか|ますか|でしょうか|[何誰](?!か|も)|いつ(?!も|か)|どこ|どう"
    r"|อะไร|ใคร|ไหน|เมื่อไหร่|เมื่อไร|เมื่อใด|อย่างไร|ยังไง|ทำไม|เท่าไหร่|เท่าไร|เท่าใด|กี่|ไหม|มั้ย",
    re.IGNORECASE,
)
_COURTESY: Final = late.pattern(
    r"how(?:'s| is| are| was| were|'re| have| has)? (?:it going|you|things|everything|life"
    r"|your (?:day|week|weekend|morning|evening|night|family)|the family|the weather)\b"
    r"|what(?:'s| is) (?:up|new)\b|(?:can|could|would|may) (?:i|you) "
    r"(?:ask|help|believe|imagine|do me)\b|(?:got|have you got|do you have) (?:a|some) "
    r"(?:minute|moment|sec\w*|time)\b|you know\W*$|^\W*(?:right|ok(?:ay)?|yeah|really|no)\W*$"
    r"|isn't (?:it|that)\W*$|did you sleep|are you (?:there|ok(?:ay)?|busy|well|around)\b"
    r"|wie geht|alles (?:gut|klar)|hast du (?:kurz|einen moment|zeit)|nicht wahr"
    r"|qué tal|cómo (?:estás|está|te va|va)|todo bien|ça va|comment (?:vas|allez)|come (?:stai|va)"
    r"|tudo bem|как (?:дела|ты|вы|жизнь|поживаешь)|τι κάνεις|πώς (?:είσαι|πάει|πας)|كيف حال"
    r"|你好吗|怎么样|吃了吗|在吗|元気|調子|สบายดี|เป็นยังไงบ้าง|เป็นไงบ้าง",
    re.IGNORECASE,
)
_TO_YOU: Final = late.pattern(r"\b(?:you|your|yours|you're|you've)\b", re.IGNORECASE)
_KNOWS: Final = late.pattern(
    r"\b(?:you (?:know|remember|recall|tell|remind|say|find|look|check))\b", re.IGNORECASE
)
_LEANS: Final = late.pattern(
    r"\b(?:he|she|they|him|her|hers|his|them|their|it|its|that|those|these|there|then"
    r"|er|sie|ihn|ihm|ihr|él|ella|ellos|ellas|il|elle|lui|leur|он|она|они|его|её|ему|ей|их)\b"
    r"|[他她它]|彼",
    re.IGNORECASE,
)
_CLAUSE: Final = late.pattern(
    r"(?<!\s)(?:\s*+[,;:—–，；、]\s*+|\s++-++\s++|\s++(?=(?:but|anyway|by the way)\b))"
)


def focus(message: str) -> str:
    """What of a message is looked for: the sentences that ask, or all of it.

    A question that leans on what was said before ("When did she move?") keeps the sentence before
    it. Small talk that asks ("How are you?") does not count where anything else does.

    Args:
        message: As somebody wrote it, in any language.

    Returns:
        Parts of the message, in their order; the message where nothing of it asks.
    """
    sentences = _sentences(message)
    asking = [at for at, sentence in enumerate(sentences) if _asks(sentence)]
    if not asking:
        return message
    chosen = _meant(sentences, asking)
    kept = [_clauses(sentences[at]) for at in chosen]
    first = chosen[0]
    if first and _leans(" ".join(kept)) and not _COURTESY.search(sentences[first - 1]):
        kept.insert(0, sentences[first - 1])
    return " ".join(kept)


def _sentences(message: str) -> list[str]:
    sentences = [part.strip() for part in _SENTENCE_END.split(message)]
    return [
        part
        for sentence in sentences
        # Thai has a blank where others have a full stop.
        for part in (_BLANK.split(sentence) if _THAI.search(sentence) else [sentence])
        if part
    ]


def _asks(sentence: str) -> bool:
    return bool(_MARK.search(sentence) or _ASKING.search(sentence))


def _meant(sentences: list[str], asking: list[int]) -> list[int]:
    """Of the sentences that ask, those that want to know something."""
    if len(asking) == 1:
        return asking
    real = [at for at in asking if not _COURTESY.search(sentences[at])] or asking[-1:]
    marked = [at for at in real if _MARK.search(sentences[at])] or real
    others = [
        at for at in marked if not _TO_YOU.search(sentences[at]) or _KNOWS.search(sentences[at])
    ]
    return others or marked


def _leans(question: str) -> bool:
    """Whether a question cannot be understood without what was said before it."""
    if names(question):
        return False
    words = tokens(question)
    content = not stop_words(words).issuperset(words)
    return not content or _LEANS.search(question) is not None


def _clauses(sentence: str) -> str:
    """A long sentence without the clauses before the one that asks, unless they name somebody."""
    if len(terms(sentence, _TERMS_MAX)) <= _LONG:
        return sentence
    clauses = list(_CLAUSE.finditer(sentence))
    for clause in clauses:
        before, rest = sentence[: clause.start()], sentence[clause.end() :]
        if _ASKING.search(before) or names(before):
            return sentence
        if _ASKING.match(rest) or _ASKING.search(_CLAUSE.split(rest, 1)[0]):
            return rest
    return sentence
