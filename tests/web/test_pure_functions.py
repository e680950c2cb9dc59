"""What the scripts work out without a page: each module is loaded as it is served, in a real browser, and asked."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.conftest import Visit
from tests.support.house import House
from webapp.web.static_files import static

Ask = Callable[..., Any]


@pytest.fixture
def ask(visit: Visit, sqlite_house: House) -> Ask:
    """Evaluates a function in a page, of a module and of what else it is given."""
    page: Page = visit(sqlite_house)
    page.goto("/practical")

    def ask(module: str, function: str, *given: Any) -> Any:
        return page.evaluate(
            f"async ([module, given]) => ({function})(await import(module), ...given)",
            [static(f"js/{module}.js"), list(given)],
        )

    return ask


def in_order(ask: Ask, cards: list[dict[str, Any]], sort: str, first: list[str]) -> list[int]:
    sorted_ids = (
        "(order, cards, sort, first) => cards.sort(order.comparing(sort, first)).map((card) => card.id)"
    )
    found: list[int] = ask("live/order", sorted_ids, cards, sort, first)
    return found


def card(number: int, state: str = "listed", votes: int = 0, position: int = 0) -> dict[str, Any]:
    return {"id": number, "state": state, "votes": votes, "position": position}


def test_what_is_on_the_screen_comes_first_then_what_is_up_next_then_votes(ask: Ask) -> None:
    cards = [
        card(1, votes=3),
        card(2, votes=7),
        card(3, "next", votes=1, position=2),
        card(4, "next", votes=0, position=1),
        card(5, "on_screen"),
        card(6, votes=7),
    ]
    assert in_order(ask, cards, "votes", ["on_screen", "next"]) == [5, 4, 3, 2, 6, 1]
    assert in_order(ask, cards, "newest", ["on_screen", "next"]) == [5, 4, 3, 6, 2, 1]
    assert in_order(ask, cards, "votes", []) == [2, 6, 1, 3, 4, 5], "where no state comes first"
    assert in_order(ask, cards, "no such order", []) == [1, 2, 3, 4, 5, 6]


def test_a_list_of_one_state_stands_as_it_says(ask: Ask) -> None:
    cards = [card(1, position=2), card(2, position=9), card(3, position=1)]
    assert in_order(ask, cards, "position", []) == [3, 1, 2]
    assert in_order(ask, cards, "answered", []) == [2, 1, 3]


@pytest.fixture
def runs(ask: Ask) -> Callable[[list[list[int]]], Iterator[list[int]]]:
    def runs(some: list[list[int]]) -> Iterator[list[int]]:
        longest = (
            "({ longestRun }, some) => some.map((places) => [...longestRun(places)].sort((a, b) => a - b))"
        )
        yield from ask("live/order", longest, some)

    return runs


def rising(places: list[int], indexes: list[int]) -> bool:
    there = [places[index] for index in indexes]
    return all(one < other for one, other in itertools.pairwise(there)) and min(there, default=0) >= 0


def longest(places: list[int]) -> int:
    """By trying all."""
    for length in range(len(places), 0, -1):
        if any(rising(places, list(some)) for some in itertools.combinations(range(len(places)), length)):
            return length
    return 0


def test_as_few_cards_move_as_can_be(runs: Callable[[list[list[int]]], Iterator[list[int]]]) -> None:
    some = [[], [0], [-1], [-1, -1]]
    some += [list(places) for places in itertools.permutations(range(5))]
    some += [list(places) for places in itertools.permutations([-1, -1, 0, 1, 2])]
    for places, staying in zip(some, runs(some), strict=True):
        assert rising(places, staying), (places, staying)
        assert len(staying) == longest(places), (places, staying)


def test_a_list_is_held_while_it_is_pressed_and_for_a_while_after_it_was_touched(ask: Ask) -> None:
    held = """({ Hold }) => {
        const hold = new Hold(4000);
        const says = { before: hold.holds(0) };
        hold.touch(1000);
        Object.assign(says, { touched: hold.holds(4999), rested: hold.holds(5000), left: hold.left(3000) });
        hold.press(6000);
        Object.assign(says, { pressed: hold.holds(999_999), asks: hold.left(999_999) });
        hold.release(10_000);
        Object.assign(says, { released: hold.holds(13_999), later: hold.holds(14_000) });
        hold.release(20_000);
        says.twice = hold.holds(20_001);
        hold.press(30_000);
        hold.end();
        says.ended = hold.holds(30_001);
        return says;
    }"""
    assert ask("live/hold", held) == {
        "before": False,
        "touched": True, "rested": False, "left": 2000,
        "pressed": True, "asks": 4000,
        "released": True, "later": False,
        "twice": False, "ended": False,
    }  # fmt: skip


def test_the_question_is_as_large_as_fits(ask: Ask) -> None:
    largest = "({ largest }, most, low, high) => largest((size) => size <= most, low, high)"
    assert ask("screen/fit", largest, 57, 20, 80) == 57
    assert ask("screen/fit", largest, 99, 20, 80) == 80
    assert ask("screen/fit", largest, 3, 20, 80) == 20, "the smallest, though it does not fit"


def test_two_questions_say_the_same_where_only_letters_count(ask: Ask) -> None:
    gists = "({ gist }, ...texts) => texts.map(gist)"
    one, other, number, another = ask(
        "desk/words", gists, "Why is that?", "why  IS that", "Why is that? 12", "Why not?"
    )
    assert one == other == number != another
    assert ask("desk/words", gists, "?!", "12") == ["?!", "12"], "texts without letters are not all the same"
    exact = "({ exactly }, ...texts) => texts.map(exactly)"
    one, other, number = ask("desk/words", exact, "Why is that?", "why  is that", "Why is that? 12")
    assert one == other != number
    plain = "({ plain }, text) => plain(text)"
    assert ask("desk/words", plain, "Åse Ærø café") == "ase ærø cafe"


def test_a_wish_to_vote_is_kept_until_it_is_so(ask: Ask) -> None:
    kept = """({ Wishes }) => {
        const wishes = new Wishes("test");
        wishes.set(7, true);
        wishes.set(8, false);
        const again = new Wishes("test");
        const says = [[...again.keys()], again.get(7), again.get(8), again.has(9)];
        again.delete(7);
        wishes.read();
        says.push([...wishes.keys()]);
        wishes.delete(8);
        says.push(localStorage.getItem("test"));
        localStorage.setItem("test", "nonsense");
        says.push(new Wishes("test").size);
        return says;
    }"""
    assert ask("questions/wishes", kept) == [[7, 8], True, False, False, [8], None, 0]
