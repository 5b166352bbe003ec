"""Stop words: words so common that a keyword query is better without them.

A query loses the stop words of one language only, the one it uses most of, so that German "die"
does not cost an English question its verb. English wins ties, and one word alone makes no other
language: "cold war" is not German. Chinese, Japanese and Thai are cut into pairs of characters, of
which the common ones weigh little by themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

ENGLISH: Final = "english"
GERMAN: Final = "german"

# In their normal form (`character`); an apostrophe splits: "don't" leaves "don" and "t". Words that
# mean something in English are left out where they can be ("man" of Swedish, "fan" of Danish).
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
        ab aber als am an auch auf aus bei bevor bin bis bist da damit dann das dass dem den
        denn der deren des dessen dich die diese diesem diesen dieser dieses dir doch du
        durch ein eine einem einen einer eines er es euch euer fur gegen habe haben hast hat
        hatte hatten ich ihm ihn ihnen ihr ihre im in ist ja jede jeder jedes jetzt kann
        kannst konnte mal mehr mein meine mich mir mit mochte muss nach nicht noch nur oder
        schon sehr seid sein seine sich sie sind so soll sollte sondern sowie uber um und
        uns unser unsere unter viele vom von vor waere wann war waren warum was wegen welche
        welchen welcher welches wem wen wenn wer werden wie wieviel wieviele wir wird wo
        wohl wurde wurden zu zum zur zwischen
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
        di dove e ed era gli ha hanno ho i il in io la le lei lo loro lui ma mi mia mio nei
        nel nella non o per perche piu quale quando quello questa questo se sei si sono su
        sua suo tra tu un una uno
    """,
    "portuguese": """
        a ao aos as com como da das de do dos e ela elas ele eles em entre era essa esse
        esta este eu foi ha isso isto ja mais mas me meu minha na nao nas no nos o onde os
        ou para pela pelo por porque qual quando que quem sao se sem ser seu sua te tem um
        uma voce
    """,
    "dutch": """
        aan als bij dan dat de der deze die dit doch door een en er had heb hebben heeft het
        hij hoe ik in is je kan maar me met mij mijn naar niet nog of om onder ons ook op
        over te tot u uit van veel voor waar waarom wanneer want was wat we wel werd wie wij
        worden ze zich zij zijn zo zou
    """,
    "swedish": """
        alla ar att av blev blir dar den denna deras dess det detta dig din du efter eller
        en ett for fran ha hade han hans har hennes hon honom hur i ingen inte jag kan med
        mellan men mig min mitt mot mycket nagon nagot nagra nar ni nu och om oss over pa sa
        sedan sig sin sina sitt skulle som till under upp ut utan vad var varfor vem vi vid
        vilka vilken vilket
    """,
    "danish": """
        a af alle at ble blev bliver da de deg den denne der deres det dette dig din du
        efter eg eller en enn et ett etter for fra fram gjennom ham han hans har havde have
        hende hendes hennes hun hva hvad hvem hver hvilke hvilken hvilket hvis hvor hvordan
        hvorfor hvornar i ikke ind jeg kan kunne med meget mellom men mig min mit mye nar
        noe noen nogen noget nu og ogsa om op opp os oss over pa sa seg sig sin sitt skulle
        som til ud vaere vaeret var vi vil ville
    """,
    "finnish": """
        ei etta han hanen he ihan ja jo joka jos jotka kanssa koska kuin kuinka kuka kun me
        mika mikaan milloin mina minka minun missa mista mita mutta myos nain ne niin nyt
        oli olivat olla on onko ovat se seka sen siella siita sina sita tai tama taman te
        tuo vain viela voi
    """,
    "polish": """
        aby albo ale bardzo bez by byc byl byla bylo byly co czy dla dlaczego do gdy gdzie
        go i ich ile im jak jaka jaki jakie jakiego jakiej jako je jego jej jest jeszcze juz
        kiedy kim kto ktora ktore ktorego ktorej ktory ktorys ktorzy ma mi mnie moj moja
        moje moze na nad nas nie nim niz o od on ona one oni oraz po pod przed przez przy sa
        sie tak takze tam te tego tej ten to tu ty tylko w we wiec wszystko z za ze
    """,
    "czech": """
        a aby ale ani az bez bude by byl byla bylo byly byt co coz do ho i ja jak jaka jake
        jaky je jeho jeji jejich jen jeste jiz jsem jsme jsou k kde kdo kdy kdyz ke ktera
        ktere kterou ktery me mezi mi muj na nad ne nebo o od pak po pod podle pred pri pro
        proc proto s se si sve svuj ta tak take tam ten tento to toho tu u uz v ve vsak z za
        ze
    """,
    "romanian": """
        a aceasta acest al ale am ar are au avea ca cand care cat ce cei cel cele cine cu
        cum de decat deci din dintre dupa ea ei el ele era este eu fi fie fost iar in insa
        intre la le lor lui mai mea meu mult nici nu o pe pentru prin sa sale sau se si spre
        sub sunt un una unde unei unor unui va
    """,
    "hungarian": """
        a aki alatt altal ami annak az azok azt be csak de egy el en ennek es ez ezek ezt
        fel ha hany hogy hogyan hol igy is itt ki kit kozott lesz mar meg mely melyik mennyi
        mi miert mikor milyen mint mit nekem neki nem o ok ott sem te ti ugy utan vagy van
        vannak volt voltak
    """,
    "turkish": """
        acaba ama ancak az bana bazi ben benim beri bir biz bu buna bunu cok cunku da daha
        de degil diye en gibi gore hangi hangisi hem hep her hic icin ile ise kac kadar ki
        kim kime mi mu nasil ne neden nedir nerede nereye nicin o olan olarak oldu oldugu on
        ona onu onun sen senin sey siz sonra su ve veya ya yani zaman
    """,
    "indonesian": """
        ada adalah akan aku anda apa apakah atau bagaimana bahwa banyak berapa bisa dalam
        dan dapat dari dengan di dia ia ini itu jika juga kami kamu kapan karena ke kepada
        kita lebih mana mengapa mereka oleh pada para saat saja sangat saya sebagai sebuah
        secara sedang sejak seperti siapa sudah telah tentang tersebut tidak untuk yang
    """,
    "vietnamese": """
        ai anh bao bi boi cac cai chi cho chung co cua cung da dang dau de den dieu do duoc
        gi giua hay hon khi khong la lai lam len ma minh mot nao nay nen neu nguoi nhieu nhu
        nhung o qua ra rang rat sao se tai the theo thi toi tren trong tu va van vao vay ve
        vi viec voi
    """,
    "greek": """
        αλλα αν αναμεσα απο αυτα αυτεσ αυτη αυτην αυτο αυτοι αυτοσ αυτου αυτων για γιατι δε
        δεν εαν εγω εδω ειμαι ειναι εισαι ειχα ειχαν ειχε εκει ενα εναν ενασ ενοσ ενω επισησ
        εσυ εχει εχεισ εχουν εχω η ηταν θα καθε και καποια καποιο καποιοσ κατα κι λοιπον μα
        μασ με μεσα μετα μεταξυ μεχρι μη μην μια μιασ μου μπορει να ναι ο οι ομωσ οπου οπωσ
        οταν οτι ου ουτε πιο ποια ποιαν ποιεσ ποιο ποιοι ποιον ποιοσ ποιου ποιουσ ποιων ποσα
        ποσεσ ποση ποσο ποσοι ποσοσ ποτε που πριν προσ πωσ σαν σασ σε σου στα στη στην στισ
        στο στον στουσ τα τη την τησ τι τισ το τον τοσο του τουσ των ωσ ωστε
    """,
    "russian": """
        а без более бы был была были было быть в вам вас ваш во вот все всего вы где да для
        до его ее ей ему если есть еще же за и из или им их к как какая какие какое какой
        каком какую ко когда кого кому кто куда ли либо между меня мне мой моя мы на над нас
        наш не него нее ней нет ни них но ну о об он она они оно от откуда по под почему при
        про с свой свою себя сколько со та так такой там то того той только том ты у уже
        чего чей чем что чтобы эта эти это этого этой этом этот я является
    """,
    "ukrainian": """
        а або але без би був була були було бути в вам вас ви вона вони воно все всі від він
        де для до з за зі й його йому ким кого коли кому мене мені ми на навіть над нас наш
        не них ні ній о об од по при про під після скільки та так також там те ти тим то
        того той тому тільки у хто це цей цих цього чи чий чим чого чому що щоб я як яка яке
        який яким яких якого якому якої є і із їй їм їх її
    """,
    "arabic": """
        اذا الا التي الذي الذين اللتان اللذان الي اما ان انا انت او اي اين ايه بان بعد بعض
        بل به بها بين تحت تلك تم ثم حتي حول حيث خلال دون ذلك سوف ضد ضمن عام علي عليه عليها
        عن عند عندما عنه غير فقط في فيه فيها قبل قد كان كانت كانوا كل كم كما كيف لا لان لدي
        لقد لكن لم لماذا لن له لها لهم ليس ليست ما ماذا متي مثل مع من منذ منه منها نحن هؤلاء
        هذا هذه هل هم هنا هناك هو هي والتي والذي وان وعلي وفي وقد وكان وكانت ولا ولكن ولم
        وما ومن وهو وهي يا يكون
    """,
    "persian": """
        از است اما ان انها او اين اگر با بايد بر براي به بود بودند تا تر جز خواهد خود در
        ديگر را رو شد شده شما كجا كدام كرد كرده كسي كه كي ما من مي نه نيز نيست هر هستند هم
        همه هيچ و ولي وي يا يك پس چرا چطور چقدر چند چه چيست چگونه
    """,
    "hebrew": """
        אבל או אותה אותו אותם אז איזה איזו איך אילו אין איפה אל אם אנחנו אני אף אשר את אתה
        אתם בין גם הוא היא היה היו הם זאת זה זו יש כאשר כי כל כמה לא לאן לה להם לו לי למה
        מאיפה מדוע מה מי מן מתי עד על עם של שלה שלהם שלו שלי שם
    """,
    "hindi": """
        अपना अपनी अपने अब आप इन इस इसका इसकी इसके उन उनका उनकी उनके उस उसका उसकी उसके एक ऐसे
        और कब कहा कहाँ का कि कितना कितनी कितने किस किसका किसकी किसके किसने किसी की कुछ के
        कैसे को कोई कौन कौनसा क्या क्यों गई गए गया जब जा जो तक तो था थी थे दिया द्वारा नहीं
        ने पर फिर भी मुझे में मेरा मेरी मेरे मैं यह यहाँ या ये रहा रही रहे लिए लेकिन वह वहाँ
        वाला वाली वाले वे से हम हुआ हुई हुए है हैं हो होता होती होते
    """,
}


@cache
def _lists() -> dict[str, frozenset[str]]:
    """Language → its stop words."""
    return {language: frozenset(words.split()) for language, words in _WORDS.items()}


@cache
def _speakers() -> dict[str, tuple[str, ...]]:
    """Word → the languages in which it is a stop word."""
    found: dict[str, tuple[str, ...]] = {}
    for language, words in _lists().items():
        for word in words:
            found[word] = (*found.get(word, ()), language)
    return found


_ENGLISH: Final = frozenset(_WORDS[ENGLISH].split())
_FOREIGN_MIN: Final = 2  # stop words that make another language


def language_of(words: Sequence[str]) -> str | None:
    """The language of which words use most stop words; English wins ties.

    Args:
        words: Of a bare text, split at apostrophes.

    Returns:
        One of those known here; None if no stop word says which, or only one of another language
        than English does.
    """
    speakers = _speakers()
    counts = {ENGLISH: 0}
    for word in words:
        for language in speakers.get(word, ()):
            counts[language] = counts.get(language, 0) + 1
    best = max(counts, key=counts.__getitem__)
    enough = 1 if best == ENGLISH else _FOREIGN_MIN
    return best if counts[best] >= enough else None


def significant(words: Sequence[str]) -> list[str]:
    """Words without the stop words of the language they use most; all of them if none remains.

    Args:
        words: Lower case, without accents, split at apostrophes.
    """
    stop = stop_words(words)
    kept = [word for word in words if word not in stop]
    return kept or list(words)


def stop_words(words: Sequence[str]) -> frozenset[str]:
    """The stop words of the language that words use most, by `language_of`; else of English.

    Args:
        words: Lower case, without accents, split at apostrophes.
    """
    language = language_of(words)
    return _ENGLISH if language in (None, ENGLISH) else _lists()[language]


def counts(words: Sequence[str]) -> tuple[int, int]:
    """How many are English stop words, and how many of the other language that has most.

    Args:
        words: Lower case, without accents, split at apostrophes.
    """
    english, *others = [sum(word in stop for word in words) for stop in _lists().values()]
    return english, max(others)


def is_stop_word(word: str) -> bool:
    """Whether an English question is better without the word. Lower case, without accents."""
    return word in _ENGLISH
