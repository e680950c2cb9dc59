"""Whom a text seems to name: nobody where there is nobody, and everybody where there is somebody."""

from __future__ import annotations

import time
import unicodedata

import pytest
from babel import Locale

from tests.support.given_names import as_kept
from tests.support.house import SCHOOL_REFUSAL
from webapp.conference.file import ConferenceFile
from webapp.conference.programme import _texts
from webapp.text.countries import countries
from webapp.text.names import LISTS, lists, names_in
from webapp.text.words import words

CONFERENCE = ConferenceFile.model_validate(__import__("tomllib").loads(SCHOOL_REFUSAL.read_text()))
KNOWN = frozenset(word for text in _texts(CONFERENCE.model_dump()) for word in words(text))

NOBODY = [
    # English
    "How do we begin when a pupil has not been at school for six months?",
    "Will you publish the slides? May we share them? Can parents have them, too?",
    "Hope is what the families ask for. Is there research on hope?",
    "What does grace mean when a pupil is late every day? Grace periods do not work for us.",
    "Mark of the day: should we stop giving marks to pupils who are at home?",
    "Does the Art teacher see them more often than the Maths teacher?",
    "David Heyne's approach works with twelve-year-olds. Does Heyne's programme work with teenagers?",
    "Question to Trude Havig: which school factors matter most in Norway?",
    "Anna, how long did Plug In last in each municipality?",
    "I work in Paris, a colleague in Florence and another in Sofia. We seek partners for a project.",
    "In May and June attendance falls. Why? April is better.",
    "A boy of 13 in my class has not been here since Christmas. Whom do we call first?",
    "My son has ADHD and an ASD diagnosis. Is CBT right for him?",
    "My daughter I think would like it, but her teacher does not.",
    "Our student Council asks how it can help.",
    "Christian schools in the Netherlands do this differently. Are there Dutch figures?",
    "The pupil called in sick every Monday. What would you do?",
    "My Son Will Not Go To School: What Should We Do First?",
    "We use a method called Functional Assessment. Who else does?",
    "Dr Heyne, what about girls?",
    "Is it translated into Finnish? See https://example.org/Kasper/Holm.pdf or write to anna.hansen@example.org",
    "What did you learn from the Anna Freud Centre and from the Rudolf Steiner schools?",
    "Else what? Per pupil we have two hours a week.",
    "Iris scans at the door: surely not?",
    "WHAT HELPS WHEN A CHILD WILL NOT GO TO SCHOOL? ADHD? ASD?",
    "Could a game such as Super Mario or Minecraft be a way back?",
    "Looking for a school in Denmark or Germany with which we can exchange teachers for a week.",
    "Dear all, thank you for two good days. Best regards from Copenhagen",
    # Norwegian, Danish, Swedish
    "Hva gjør vi når en elev ikke har vært på skolen siden jul?",
    "Hans skole er for stor for ham. Hva kan vi gjøre?",
    "Bo hjemme eller på institusjon: hva sier forskningen?",
    "Per elev har vi to timer i uken. Er det nok?",
    "Dag 3 er valgfri. Kan man komme likevel?",
    "Eleven har ikke vært her på et halvt år, og skolen heter det vi ikke sier høyt.",
    "Vil dere dele lysbildene? Liv og lære henger ikke alltid sammen.",
    "Hvordan får vi en god relation, når barnet ikke vil tale med os?",
    "Finn en som har tid: er det hele metoden?",
    "Min søn vil ikke i skole. Hvem skal jeg ringe til først?",
    "Drengen hedder ikke noget her. Han er tretten år.",
    "Vad gör ni när en elev stannar hemma i flera månader?",
    "Min dotter går inte till skolan. Vad kan vi göra?",
    "Sten för sten byggs en relation. Hur lång tid tar det?",
    # German
    "Was hilft, wenn mein Sohn Angst vor der Klasse hat?",
    "Unsere Schülerin Hilfe holen zu lassen, ist schwer. Wer hat Ernst gemacht mit kleinen Klassen?",
    "Gibt es Zahlen aus Österreich und der Schweiz? Die Rose im Wappen meint Hessen.",
    "Mein Kind Schule und Freunde vergessen zu sehen, tut weh.",
    "Wie heißt Schulangst auf Englisch, und wer behandelt sie?",
    # French, Italian, Dutch
    "Comment aider un élève qui ne va plus à l’école depuis Noël ?",
    "Mon fils ne veut plus aller au collège. À qui parler d’abord ?",
    "La méthode s’appelle Plug In : existe-t-elle en France ou en Belgique ?",
    "Mia figlia non va a scuola da mesi. Che cosa possiamo fare?",
    "Massimo rispetto per chi lavora con questi ragazzi. Ci sono dati per l’Italia?",
    "Come si chiama il metodo di cui avete parlato a Bologna?",
    "Wat doet u als een leerling niet meer naar school komt?",
    "Ben ik de enige die dit ziet? Dan hoor ik het graag.",
    "Mijn zoon wil niet naar school. Wie belt er het eerst?",
    # Finnish, Polish
    "Miten autamme oppilasta, joka ei ole käynyt koulussa kuukausiin?",
    "Anna lapselle aikaa, sanotaan. Mutta kuinka kauan?",
    "Kuinka Suomen koulut ja Helsingin Ohjaamo tekevät työtä, ja mitä Wilmassa voi sanoa?",
    "Mitä Ohjaamo tekee, kun nuori ei tule kouluun?",
    "Co robić, gdy uczeń nie chodzi do szkoły od miesięcy?",
    "Moja córka nie chce chodzić do szkoły. Do kogo mam zadzwonić?",
    "Czy są dane z Polski albo z Niemiec? Pan profesor mówił o Danii.",
]
SOMEBODY = {
    # English
    "What can we do for Kasper Holm, who is thirteen?": ["Kasper Holm"],
    "Kasper's school does nothing.": ["Kasper"],
    "Kasper’s sister Emma is at home, too.": ["Kasper", "Emma"],
    "my son kasper does not leave his room": ["kasper"],
    "A boy named Xander and a pupil called Quill share a room.": ["Xander", "Quill"],
    "My son Mark has not been at school since May.": ["Mark"],
    "My colleague Xaverine knows him well.": ["Xaverine"],
    "Mrs Brightwater in the office will not listen.": ["Brightwater"],
    "Dr. Oakley, who treats her, says no.": ["Oakley"],
    "We met (“Lena”, 12) and then Yusuf.": ["Lena", "Yusuf"],
    "Is Liam O’Brien’s mother right?": ["Liam O’Brien"],
    "Our pupil Anna refuses. So does Anna Hansen in the other class.": ["Anna", "Anna Hansen"],
    "WE HAVE TRIED EVERYTHING WITH KASPER": ["KASPER"],
    "The file of Kasper\nHolm was lost.": ["Kasper Holm"],
    "What About Kasper Holm In My Class": ["Kasper Holm"],
    "Kas\u200bper and S\u00adofie are in my class.": ["Kasper", "Sofie"],
    unicodedata.normalize("NFD", "Is there help for Søren Blåbjerg, and for Zoë?"): ["Søren Blåbjerg", "Zoë"],
    # Norwegian, Danish, Swedish
    "Hva gjør vi med Kaspers skole?": ["Kasper"],
    "Eleven heter Oliver og har vært hjemme siden jul.": ["Oliver"],
    "sønnen min kasper vil ikke på skolen": ["kasper"],
    "Jeg kjenner en gutt som heter Xerxes.": ["Xerxes"],
    "Vår elev Emil-Andreas Lund kommer bare på tirsdager.": ["Emil-Andreas Lund"],
    "Fru Tangvald på kontoret svarer ikke.": ["Tangvald"],
    "Da Hans kom tilbake, gikk det bra.": ["Hans"],
    "Min søn Malthe går i sjette klasse.": ["Malthe"],
    "Pigen hedder Freja, og hun er elleve.": ["Freja"],
    "Hur hjälper vi Elsa Lindqvist i sexan?": ["Elsa Lindqvist"],
    "En pojke vid namn Tindrik stannar hemma.": ["Tindrik"],
    # German
    "Mein Sohn Leon hat Angst vor der Klasse.": ["Leon"],
    "Frau Müllerin sagt, Anna-Lena von der Leyen sei nur müde.": ["Müllerin", "Anna-Lena von der Leyen"],
    "Ein Schüler namens Quirinus bleibt zu Hause.": ["Quirinus"],
    "Was hilft Maximilian, der nicht mehr kommt?": ["Maximilian"],
    # French, Italian, Dutch
    "Comment aider Léo, qui ne va plus à l’école ?": ["Léo"],
    "Mon élève s’appelle Mathéo et il a douze ans.": ["Mathéo"],
    "M. Dupontel ne répond pas.": ["Dupontel"],
    "Mia figlia Giulia non va a scuola.": ["Giulia"],
    "Un ragazzo di nome Lorenzo resta a casa.": ["Lorenzo"],
    "Hoe helpen we Sanne de Vries?": ["Sanne de Vries"],
    "Mijn leerling heet Thijs en komt niet meer.": ["Thijs"],
    # Finnish, Polish
    "Poikani Eetu ei käy koulussa.": ["Eetu"],
    "Miten autamme Aino Virtasta?": ["Aino Virtasta"],
    "Miten Eetun ja Kasperin koulu voi auttaa?": ["Eetun", "Kasperin"],
    "Jak pomóc, gdy nie ma kontaktu z Adamem albo z mamą Natalii?": ["Adamem", "Natalii"],
    "Mój syn Kacper nie chodzi do szkoły.": ["Kacper"],
    "Pani Kowalska ze szkoły nie pomaga.": ["Kowalska"],
}


@pytest.mark.parametrize("text", NOBODY)
def test_nobody_is_named_where_nobody_is(text: str) -> None:
    assert names_in(text, KNOWN) == []
    assert names_in(unicodedata.normalize("NFD", text), KNOWN) == []


@pytest.mark.parametrize(("text", "names"), SOMEBODY.items())
def test_whoever_is_named_is_found(text: str, names: list[str]) -> None:
    assert names_in(text, KNOWN) == names


def test_the_conference_speaks_of_itself_without_an_alarm() -> None:
    for text in (SCHOOL_REFUSAL.parents[3] / "README.md").read_text().split("\n\n"):
        assert names_in(text, KNOWN) == [], text
    for text in _texts(CONFERENCE.model_dump()):
        assert names_in(text, KNOWN) == [], text


@pytest.mark.parametrize(
    "word",
    "Will May Can Mark Hope Grace Else Bo Per Iris Art Christian Paris Florence Sofia Wilma Noël".split(),  # noqa: SIM905
)
def test_given_names_that_are_everyday_words_name_nobody_until_they_are_introduced(word: str) -> None:
    assert names_in(f"{word} is what we speak about. Do we speak about {word}?") == []
    assert names_in(f"My daughter {word} is thirteen.") == [word]


def test_countries_months_and_days_name_nobody() -> None:
    spoken = [Locale(language) for language in ("en", "nb", "da", "sv", "de", "fr", "it", "nl", "fi", "pl")]
    words = [name for locale in spoken for name in locale.months["stand-alone"]["wide"].values()]
    words += [name for locale in spoken for name in locale.days["stand-alone"]["wide"].values()]
    for word in (*words, *countries().values()):
        assert names_in(f"We spoke of {word[0].upper()}{word[1:]} today.") == [], word


def test_who_has_signed_may_say_their_name() -> None:
    text = "Kasper Holm, teacher: how long does it take?"
    assert names_in(text, KNOWN) == ["Kasper Holm"]
    assert names_in(text, KNOWN.union(words("Kasper Holm"))) == []


def test_the_given_names_are_those_that_faker_has() -> None:
    assert (LISTS / "names.txt").read_text(encoding="utf-8") == as_kept()


def test_every_word_that_is_taken_out_is_a_given_name() -> None:
    known = lists()
    assert known.everyday <= known.given
    assert known.at_start.keys() <= known.given - known.everyday


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "’",
        "-",
        "A",
        "A.",
        "Mr",
        "Mr.",
        "my son",
        "\u200b",
        "Kasper-",
        "O’",
        "Ö" * 5000,
        "Ab " * 3000,
        "x" * 400_000,
        "a@" * 9000,
    ],
)
def test_odd_texts_are_read_as_well(text: str) -> None:
    assert all(isinstance(name, str) for name in names_in(text))


def test_a_long_text_is_read_in_less_than_a_blink() -> None:
    text = ("My daughter stays at home, and Kasper Holm does not. Was hilft, wenn Kinder Angst haben? " * 30)[
        :2000
    ]
    names_in(text, KNOWN)
    spent = []
    for _ in range(30):
        begun = time.process_time()
        names_in(text, KNOWN)
        spent.append(time.process_time() - begun)
    assert min(spent) < 0.003  # it is about 0.7 ms, and a machine may be slow
