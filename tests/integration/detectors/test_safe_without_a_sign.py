"""People close a silence as safe and nobody moves afterwards: it is asked again, and the centre knows who closed it."""

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from core.domain.alert import Condition, Handling, Outcome
from core.store.alerts import handling
from core.store.database import Database
from detectors.alerting import planner
from detectors.alerting.delivery import Office, Sender
from tests.support.alerting import CENTRE, TARO, mail_sink
from tests.support.wards.evaluated_ward import EvaluatedWard, Seen, at, home
from tests.support.wards.notified_ward import mail_channel

MORNING = at("2026-08-01 07:00")
TARO_CONTACT = 2


def test_safe_without_a_sign_of_life_afterwards_is_asked_again_and_the_centre_learns_who_closed_it(
    database_url: str, tmp_path: Path
) -> None:
    with Database(database_url, size=3) as database, mail_sink() as mail:
        one = home(1, watched_from=MORNING, contacts=[{**TARO, "user": None}])
        ward = EvaluatedWard(database, tmp_path, [one], MORNING, centre=[{**CENTRE, "user": None}])
        office = Office("https://mimamori.example.jp", "", ZoneInfo("Asia/Tokyo"))
        sender = Sender(database, ward.clock, mail_channel(mail.port), office)

        def pass_to(text: str) -> None:
            ward.pass_to(at(text))
            planner.plan_all(database, ward.clock.now())
            while sender.send_one():
                planner.plan_all(database, ward.clock.now())

        ward.store([Seen("kitchen-1", "motion", 1, MORNING + timedelta(seconds=20 * n)) for n in (1, 2)])
        # Nothing is known yet of what is usual: eight hours of the day are too long.
        pass_to("2026-08-01 15:10")
        (first,) = ward.alerts("inactivity")
        assert "最後の動きは7:00" in mail.to("taro@example.jp")[-1].get_content()
        with database.transaction() as connection:
            handling.close(
                connection,
                first.number,
                contact=TARO_CONTACT,
                outcome=Outcome.SAFE_CONTACTED,
                now=ward.clock.now(),
            )
        pass_to("2026-08-01 15:12")

        # The centre had not been asked yet: it is notified all the same.
        (to_centre,) = mail.to("centre@example.jp")
        assert "佐藤 太郎さんから: 無事でした" in to_centre.get_content()
        pass_to("2026-08-01 22:00")
        assert [alert.number for alert in ward.alerts("inactivity")] == [first.number]

        pass_to("2026-08-02 07:00")
        (_, again) = ward.alerts("inactivity")
        assert (again.handling, again.began_at) == (Handling.OPEN, at("2026-08-01 15:10"))
        said = mail.to("taro@example.jp")[-1].get_content()
        assert "きのう 15:10に結果が記録されたあと、お母さんの動きがまだ確認できません。" in said
        assert "最後の動きはきのう 7:00(" in said

        ward.store(
            [
                Seen("kitchen-1", "motion", 1, at("2026-08-02 07:10") + timedelta(seconds=20 * n))
                for n in (0, 1)
            ]
        )
        pass_to("2026-08-02 07:20")
        assert [alert.condition for alert in ward.alerts("inactivity")] == [Condition.CLEARED] * 2
        assert "7:10にお母さんの動きが確認できました" in mail.to("taro@example.jp")[-1].get_content()
        # Nothing of it is taken back.
        assert not [one for one in mail.messages if "取り消します" in one.get_content()]
