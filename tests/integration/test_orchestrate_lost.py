"""`orchestrate` after a lost answer, where the server's listings are late, coarse, or show what must not be."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from metaads_cli.errors import AccessDenied, PartlyDone, SafetyRefusal
from metaads_cli.graph.simulator.facts import Kind as Simulated
from metaads_cli.models.campaign import Kind
from orchestrating import (
    ACCOUNT,
    Bench,
    Mortal,
    Strike,
    Transport,
    campaign_file,
    dropped,
    edited,
    empty,
    html,
    is_write,
    refused,
    wraps,
)
from simulated import Api

Act = Callable[[httpx.Request], httpx.Response]

# After the image: 1 campaign, 2 ad sets, 6 creatives, 6 ads.
CREATIONS = range(2, 17)
EDGES = ("/campaigns", "/adsets", "/adcreatives", "/ads")


@pytest.fixture
def bench(database_url: str, tmp_path: Path) -> Bench:
    return Bench(database_url, tmp_path)


@pytest.fixture
def text(tmp_path: Path) -> str:
    return campaign_file(tmp_path)


def is_listing(request: httpx.Request) -> bool:
    return request.method == "GET" and request.url.path.endswith(EDGES)


@dataclass
class Late(Transport):
    """The first looks at a listing do not show what is new."""

    late_looks: int = 1
    looks: int = 0

    def __call__(self, inner: Transport) -> "Late":
        self.inner = inner
        return self

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if is_listing(request):
            self.looks += 1
            if self.looks <= self.late_looks:
                return httpx.Response(200, json={"data": []})
        return await self.inner.handle_async_request(request)


@dataclass
class Unfiltered(Transport):
    """A server that takes `filtering` and does not mind it."""

    def __call__(self, inner: Transport) -> "Unfiltered":
        self.inner = inner
        return self

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url.copy_remove_param("filtering")
        await request.aread()
        changed = httpx.Request(request.method, url, headers=request.headers, content=request.content)
        return await self.inner.handle_async_request(changed)


@dataclass
class Twice(Transport):
    """Delivers the write of that number twice, and loses both answers."""

    number: int
    seen: int = 0
    made: list[str] = field(default_factory=list)

    def __call__(self, inner: Transport) -> "Twice":
        self.inner = inner
        return self

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.seen += is_write(request)
        if not is_write(request) or self.seen != self.number:
            return await self.inner.handle_async_request(request)
        for _ in range(2):
            answer = await self.inner.handle_async_request(
                httpx.Request(request.method, request.url, headers=request.headers, content=request.content)
            )
            await answer.aread()
            self.made.append(answer.json()["id"])
        raise httpx.ReadError("the connection was dropped")


def test_what_a_listing_shows_only_later_is_found_at_the_second_look(bench: Bench, text: str) -> None:
    for number in CREATIONS:
        bench.renew()
        slept, late = len(bench.clock.sleeps), Late()
        bench.done(text, wrap=wraps(Strike(number, dropped, after=True, chosen=is_write), late))
        assert late.looks == 2
        assert bench.clock.sleeps[slept:] == [bench.settings.retry_delay_seconds]
        assert len(bench.writes) == 16
        bench.assert_exactly_once(text)
        bench.assert_nothing_to_do(text)


def test_a_second_object_is_noticed_as_soon_as_the_listing_shows_both(bench: Bench, text: str) -> None:
    for number in CREATIONS:
        bench.renew()
        late = Late(late_looks=2)
        failure = bench.failed(text, wrap=wraps(Strike(number, dropped, after=True, chosen=is_write), late))
        assert "Meta has 2 objects" in failure.message
        assert late.looks == 3
        assert len(bench.writes) == number + 1


def test_two_objects_of_one_node_stop_the_run_until_one_is_deleted(bench: Bench, text: str) -> None:
    for number in CREATIONS:
        bench.renew()
        twice = Twice(number)
        failure = bench.failed(text, wrap=twice)
        assert type(failure) is (SafetyRefusal if number == 2 else PartlyDone)
        assert len(set(twice.made)) == 2
        assert all(object_id in failure.message for object_id in twice.made)
        assert len(bench.writes) == number + 1
        bench.forget()
        again = bench.failed(text)
        assert isinstance(again, SafetyRefusal)
        assert all(object_id in again.message for object_id in twice.made)
        assert bench.writes == []
        bench.by_hand(bench.world.nodes[twice.made[0]], status="DELETED")
        bench.done(text)
        bench.assert_exactly_once(text)
        bench.assert_nothing_to_do(text)


def test_a_server_that_ignores_filters_shows_no_wrong_object(bench: Bench, text: str) -> None:
    other = text.replace("key: verano-2026", "key: other")
    for number in CREATIONS:
        bench.renew()
        bench.done(other)
        bench.forget()
        # The image is there already.
        bench.done(text, wrap=wraps(Strike(number - 1, dropped, after=True, chosen=is_write), Unfiltered()))
        assert len(bench.writes) == 15
        assert [len(bench.objects(kind)) for kind in Kind] == [2, 4, 12, 12]
        bench.assert_nothing_to_do(text)
        bench.assert_nothing_to_do(other)


def test_a_server_that_refuses_filters_is_read_to_the_end(bench: Bench, text: str) -> None:
    for number in CREATIONS:
        bench.renew()
        look = Strike(1, refused(100), chosen=is_listing)
        bench.done(text, wrap=wraps(Strike(number, dropped, after=True, chosen=is_write), look))
        assert len(look.struck) == 1
        assert len(bench.writes) == 16
        bench.assert_exactly_once(text)


def test_somebody_elses_campaign_of_the_same_name_is_not_taken_over(bench: Bench, text: str) -> None:
    Api(bench.simulator).made(
        f"{ACCOUNT}/campaigns",
        name="Verano",
        objective="OUTCOME_ENGAGEMENT",
        status="PAUSED",
        special_ad_categories=[],
        is_adset_budget_sharing_enabled=False,
    )
    bench.done(text, wrap=Strike(2, dropped, after=True, chosen=is_write))
    assert len(bench.objects(Kind.CAMPAIGN)) == 2
    bench.assert_nothing_to_do(text)


def test_what_never_takes_effect_is_given_up_and_gone_on_with_later(bench: Bench, text: str) -> None:
    for number in CREATIONS:
        bench.renew()
        failure = bench.failed(text, wrap=Strike(number, dropped, chosen=is_write, times=100))
        assert isinstance(failure, PartlyDone)
        assert "the answer was lost 4 times" in failure.message
        assert len(bench.writes) == number - 1
        bench.done(text)
        assert len(bench.writes) == 16
        bench.assert_exactly_once(text)
        bench.assert_nothing_to_do(text)


# --- videos, of which each upload makes another one


@pytest.fixture
def shows_video(text: str, tmp_path: Path) -> str:
    (tmp_path / "promo.mp4").write_bytes(b"\x00\x00\x00\x18ftypmp42 video of the tests")
    image = f"    image: {tmp_path / 'promo.png'}\n"
    return edited(text, (image, f"    video: {tmp_path / 'promo.mp4'}\n    thumbnail: {tmp_path / 'promo.png'}\n"))


def is_video(request: httpx.Request) -> bool:
    return request.method == "POST" and request.url.path.endswith("/advideos")


@pytest.mark.parametrize("act", [dropped, html, refused(1, http=500), refused(2, http=500), empty])
def test_a_video_whose_upload_was_not_answered_is_found(bench: Bench, shows_video: str, act: Act) -> None:
    strike = Strike(1, act, after=True, chosen=is_video)
    bench.done(shows_video, wrap=strike)
    assert len(strike.struck) == 1
    assert len(bench.world.all_of(Simulated.VIDEO)) == 1
    bench.assert_exactly_once(shows_video)
    bench.assert_nothing_to_do(shows_video)


@pytest.mark.parametrize("act", [dropped, html, refused(1, http=500), refused(100), refused(190)])
def test_a_video_that_did_not_arrive_is_sent_by_the_next_run(bench: Bench, shows_video: str, act: Act) -> None:
    assert isinstance(bench.failed(shows_video, wrap=Strike(1, act, chosen=is_video)), PartlyDone | AccessDenied)
    assert bench.world.all_of(Simulated.VIDEO) == []
    bench.done(shows_video)
    assert len(bench.world.all_of(Simulated.VIDEO)) == 1
    bench.assert_exactly_once(shows_video)
    bench.assert_nothing_to_do(shows_video)


@pytest.mark.parametrize("after", [False, True])
def test_a_run_killed_at_a_video_uploads_it_once(bench: Bench, shows_video: str, after: bool) -> None:
    assert bench.killed(shows_video, wrap=Mortal(1, after, chosen=is_video))
    bench.done(shows_video)
    assert len(bench.world.all_of(Simulated.VIDEO)) == 1
    bench.assert_exactly_once(shows_video)
    bench.assert_nothing_to_do(shows_video)
