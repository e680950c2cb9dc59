"""What becomes of a mail when workers, the machine or the mail server die on the way."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psutil

from tests.conftest import Houses
from tests.support.booking import Registering, book, choices_of
from tests.support.cast import Cast
from tests.support.house import House
from tests.support.mailbox import Servers
from tests.support.waiting import until
from tests.support.workers import workers
from webapp.mail.post import CARRIERS


def let_leases_end(house: House) -> None:
    """As if some minutes had passed since somebody took a mail to carry it."""
    past = datetime.now(UTC) - timedelta(seconds=1)
    # In the words that the application itself writes an instant in.
    value = past if house.database == "postgresql" else past.isoformat(sep=" ")
    house.rows("UPDATE outgoing_mail SET due_at = ? WHERE state <> 'sent'", value)


def states(house: House) -> list[str]:
    return [row["state"] for row in house.rows("SELECT state FROM outgoing_mail ORDER BY id")]


def sent(house: House, count: int) -> bool:
    return states(house) == ["sent"] * count


def test_a_mail_whose_carrier_dies_before_the_text_has_left_is_sent_once(
    houses: Houses, servers: Servers, database: str, cast: Cast
) -> None:
    server = servers()
    server.stalls_at = "RCPT"
    house = houses(database, workers=2, SMTP_URL=server.url)
    with house.client() as browser:
        book(browser, cast.dag)
    assert server.stalled.wait(10)
    house.kill()
    server.go_on()
    let_leases_end(house)
    house.start()
    assert len(server.to(cast.dag.email)) == 1
    until(lambda: sent(house, 1))
    assert len(server.mails) == 1


def test_a_mail_whose_carrier_dies_when_the_text_has_left_is_not_sent_again_and_the_organiser_is_told(
    houses: Houses, servers: Servers, database: str, cast: Cast
) -> None:
    server = servers()
    server.stalls_at = "DATA"
    house = houses(database, SMTP_URL=server.url)
    with house.client() as browser:
        book(browser, cast.dag)
    assert server.stalled.wait(10)
    house.kill()
    server.go_on()
    let_leases_end(house)
    house.start()
    with house.client() as browser:
        book(browser, cast.gia)
    server.to(cast.gia.email)
    until(lambda: states(house) == ["handed_over", "sent"])
    assert [mail["To"] for mail in server.mails] == [cast.dag.email, cast.gia.email]
    doctor = house.plenum("doctor", check=False)
    assert doctor.returncode == 1
    assert f"1  {cast.dag.email}  “Your booking" in doctor.stdout
    assert "may have arrived or not" in doctor.stdout
    house.plenum("mail", "retry", "all")  # which is not for what may have arrived
    assert states(house) == ["handed_over", "sent"]
    assert cast.dag.email in house.plenum("mail", "retry", "1").stdout
    until(lambda: sent(house, 2))
    first, again = server.to(cast.dag.email)
    assert first["Message-ID"] == again["Message-ID"], "so that a mailbox can tell that it has it"
    assert "✓ Outbox: no mail is held up." in house.plenum("doctor", check=False).stdout


def test_a_line_that_breaks_before_the_answer_is_no_reason_to_send_twice(
    houses: Houses, servers: Servers, cast: Cast
) -> None:
    server = servers()
    server.hangs_up = True
    house = houses(SMTP_URL=server.url)
    with house.client() as browser:
        book(browser, cast.dag)
    until(lambda: f"Nobody knows whether a mail to {cast.dag.email} has arrived" in "".join(house.log))
    server.hangs_up = False
    let_leases_end(house)
    with house.client() as browser:
        book(browser, cast.gia)
    until(lambda: states(house) == ["handed_over", "sent"])
    assert [mail["To"] for mail in server.mails] == [cast.dag.email, cast.gia.email]


def test_a_carrier_that_has_lost_its_mail_to_another_does_not_send_it_too(
    houses: Houses, servers: Servers, database: str, cast: Cast
) -> None:
    server = servers()
    server.stalls_at = "RCPT"
    house = houses(database, SMTP_URL=server.url)
    with house.client() as browser:
        book(browser, cast.dag)
    assert server.stalled.wait(10)
    server.stalled.clear()
    let_leases_end(house)
    assert server.stalled.wait(10), "another one comes with the mail"
    server.go_on()
    until(lambda: f"A mail to {cast.dag.email} is carried by another worker now" in "".join(house.log))
    until(lambda: sent(house, 1))
    assert len(server.mails) == 1


def test_every_mail_of_many_bookings_arrives_once_though_workers_are_killed_on_the_way(
    houses: Houses, servers: Servers, database: str, cast: Cast
) -> None:
    server = servers()
    house = houses(database, workers=2, SMTP_URL=server.url)
    people = [replace(cast.dag, email=f"{number}.{cast.dag.email}") for number in range(16)]

    def one(number: int) -> None:
        with house.client() as browser:
            book(browser, people[number])

    with ThreadPoolExecutor(4) as visitors:
        list(visitors.map(one, range(8)))
        before = workers(house)
        server.stalls_at = "RCPT"
        list(visitors.map(one, range(8, 16)))
        assert server.stalled.wait(10)
        before[0].kill()  # with the mails it carries; the other worker goes on
        psutil.wait_procs(before[:1])
        server.go_on()
    until(lambda: set(states(house)) <= {"sent", "waiting", "handed_over"} and "sent" in states(house))
    let_leases_end(house)
    until(lambda: sent(house, 16), within=30)
    assert sorted(str(mail["To"]) for mail in server.mails) == sorted(person.email for person in people)
    # What they said is not kept.
    assert {row["contents"] for row in house.rows("SELECT contents FROM outgoing_mail")} == {""}


def test_whoever_waits_for_a_link_to_sign_in_does_not_wait_for_all_other_mails(
    houses: Houses, database: str, servers: Servers, cast: Cast
) -> None:
    server = servers()
    server.close()
    house = houses(database, SMTP_URL=server.url)
    with house.client() as browser:
        for person in (cast.dag, cast.gia, cast.sten, cast.mona, cast.olga):
            book(browser, person)
        browser.post("/sign-in", data={"email": cast.dag.email})
    house.stop()
    mails = house.rows("UPDATE outgoing_mail SET due_at = written_at RETURNING id")
    server.open()
    house.start()
    until(lambda: len(server.mails) == len(mails))
    subjects = [str(mail["Subject"]) for mail in server.mails]
    # Among the first that are carried at once, though it was written last.
    assert "Your sign-in link" in "".join(subjects[:CARRIERS]), subjects
    assert len(subjects) > CARRIERS


def test_what_was_refused_is_kept_for_the_organiser_to_send_again(
    houses: Houses, servers: Servers, database: str, cast: Cast
) -> None:
    server = servers()
    server.refuse = "550 No such person here"
    house = houses(database, SMTP_URL=server.url)
    with house.client() as browser:
        book(browser, cast.dag)
    until(lambda: states(house) == ["failed"])
    doctor = house.plenum("doctor", check=False).stdout
    assert "✗ Outbox: 1 mail has not arrived for certain:" in doctor
    assert "refused: " in doctor
    assert "No such person here" in doctor
    assert house.plenum("mail", "list").stdout.startswith(f"1  {cast.dag.email}")
    for wrong in ("2", "99999999999999", "-1", "dag"):
        assert house.plenum("mail", "retry", "--", wrong, check=False).returncode == 1
    server.refuse = None
    house.plenum("mail", "retry", "all")
    assert len(server.to(cast.dag.email)) == 1


def test_a_server_that_cannot_take_a_mail_for_days_is_given_up(
    houses: Houses, servers: Servers, cast: Cast
) -> None:
    server = servers()
    server.refuse = "452 I am full"
    house = houses(SMTP_URL=server.url)
    with house.client() as browser:
        book(browser, cast.dag)
    until(lambda: f"A mail to {cast.dag.email} waits" in "".join(house.log))
    long_ago = (datetime.now(UTC) - timedelta(days=1)).isoformat(sep=" ")
    house.rows("UPDATE outgoing_mail SET gives_up_at = ?", long_ago)
    let_leases_end(house)
    until(lambda: states(house) == ["failed"])


def test_what_is_not_booked_is_not_confirmed(house: House, cast: Cast) -> None:
    seminar = {"seminar_1": "seminar-1a"}
    house.rows("UPDATE offer SET capacity = 0 WHERE slug = 'seminar-1b'")
    try:
        with house.client() as browser:
            page = Registering(browser)
            page.for_delegates(cast.dag)
            page.fill(choices_of(0, **seminar))
            page.press("price")
            page.form.values["delegates.0.seminar.seminar-1"] = ["seminar-1b"]
            answer = browser.post("/register", data=page.form.values | {"action": ["book"]})
            assert answer.status_code == 409
    finally:
        house.rows("UPDATE offer SET capacity = NULL WHERE slug = 'seminar-1b'")
    mails = "SELECT id FROM outgoing_mail WHERE recipient = ?"
    assert house.rows(mails, cast.dag.email) == []
    with house.client() as browser:
        book(browser, cast.dag, **seminar)
    assert len(house.rows(mails, cast.dag.email)) == 1
    assert len(house.outbox(cast.dag.email)) == 1
