"""Images and videos, against the simulator and against answers that get lost."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from fake_clock import Clock
from metaads_cli.graph.client import Credentials, GraphClient
from metaads_cli.graph.failures import GraphFailure, UnknownOutcome
from metaads_cli.graph.governor import Governor
from metaads_cli.graph.media import (
    VideoState,
    find_videos,
    upload_image,
    upload_video,
    video_state,
    wait_for_video,
)
from metaads_cli.graph.simulator import Effect, Fault, Faults, Simulator
from metaads_cli.graph.simulator.facts import Kind
from scripted import Answer, Dropped, Server, ok, refused
from simulated import ACCOUNT, Api, codes, simulator

OTHER_ACCOUNT = "act_1000000000000002"
T = TypeVar("T")
Work = Callable[[GraphClient], Awaitable[T]]


def run(app: Any, work: Work[T], clock: Clock | None = None, base_url: str = "https://graph.example") -> T:
    async def inside() -> T:
        time = clock or Clock()
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=base_url) as http:
            governor = Governor(clock=time, jitter=lambda _low, high: high)
            return await work(GraphClient(http, "v26.0", Credentials("token"), governor, clock=time))

    return asyncio.run(inside())


@dataclass
class FileServer:
    """An ASGI application that takes whole bodies, whatever is in them; the answers of its script, then an id."""

    script: list[Answer] = field(default_factory=list)
    asked: list[tuple[dict[str, str], str, bytes]] = field(default_factory=list)
    """Headers, path and body of each request."""

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        headers = {key.decode(): value.decode() for key, value in scope["headers"]}
        self.asked.append((headers, scope["path"], body))
        status, _, content = self.script.pop(0) if self.script else ok({"id": "1"})
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": content})


@pytest.fixture
def api() -> Simulator:
    return simulator()


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    path.write_bytes(bytes(range(256)) * 1000)
    return path


def videos(api: Simulator) -> list[dict[str, Any]]:
    return [node.values for node in api.world.all_of(Kind.VIDEO)]


# Images


def test_the_same_image_has_one_hash_in_an_account(api: Simulator) -> None:
    async def work(client: GraphClient) -> list[str]:
        picture = bytes(range(256))
        return [
            await upload_image(client, ACCOUNT, "a.png", picture),
            await upload_image(client, ACCOUNT, "b.png", picture),
            await upload_image(client, ACCOUNT, "a.png", picture + b"!"),
        ]

    first, again, other = run(api, work)
    assert first == again != other
    assert len(api.world.all_of(Kind.IMAGE)) == 2


@pytest.mark.parametrize("effect", [Effect.DROP_BEFORE, Effect.DROP_AFTER])
def test_an_upload_whose_answer_was_lost_is_sent_again(effect: Effect) -> None:
    faults = Faults()
    faults.add(Fault(effect, method="POST", path="/adimages$"))
    api = simulator(faults=faults)
    image_hash = run(api, lambda client: upload_image(client, ACCOUNT, "a.png", b"picture"))
    assert [node.values["hash"] for node in api.world.all_of(Kind.IMAGE)] == [image_hash]


@pytest.mark.parametrize("answer", [{}, {"images": {}}, {"images": []}, {"images": {"bytes": {"url": "x"}}}])
def test_an_upload_without_a_hash_is_a_failure(answer: dict[str, Any]) -> None:
    with pytest.raises(GraphFailure, match="did not say its hash"):
        run(Server([ok(answer)]), lambda client: upload_image(client, ACCOUNT, "a.png", b"picture"))


# Videos


def test_a_video_is_uploaded_as_a_file_and_as_a_url(api: Simulator, clip: Path) -> None:
    async def work(client: GraphClient) -> list[str]:
        return [
            await upload_video(client, ACCOUNT, "Reel [ma:1]", clip),
            await upload_video(client, ACCOUNT, "Reel [ma:2]", "https://clips.example/1.mp4"),
        ]

    made = run(api, work)
    assert [api.world.get(one).values["title"] for one in made] == ["Reel [ma:1]", "Reel [ma:2]"]


def test_a_file_arrives_byte_for_byte_and_with_the_token_in_the_header(clip: Path) -> None:
    server = FileServer()
    run(server, lambda client: upload_video(client, ACCOUNT, "Reel", clip))
    ((headers, path, body),) = server.asked
    assert path == f"/v26.0/{ACCOUNT}/advideos"
    assert (headers["host"], headers["authorization"]) == ("graph.example", "Bearer token")
    assert clip.read_bytes() in body
    assert b'name="source"; filename="clip.mp4"' in body
    assert b'name="title"' in body


def test_metas_own_host_for_files_is_used_with_metas_own_api_alone(clip: Path) -> None:
    server = FileServer()

    async def work(client: GraphClient) -> None:
        await upload_video(client, ACCOUNT, "Reel", clip)
        await upload_video(client, ACCOUNT, "Reel", "https://clips.example/1.mp4")

    run(server, work, base_url="https://graph.facebook.com")
    assert [headers["host"] for headers, _, _ in server.asked] == ["graph-video.facebook.com", "graph.facebook.com"]


def test_a_file_is_sent_whole_again_after_a_limit(clip: Path) -> None:
    server = FileServer([refused(17, 2446079)])
    assert run(server, lambda client: upload_video(client, ACCOUNT, "Reel", clip)) == "1"
    assert [clip.read_bytes() in body for _, _, body in server.asked] == [True, True]


@pytest.mark.parametrize("effect", [Effect.DROP_BEFORE, Effect.DROP_AFTER])
def test_a_video_whose_answer_was_lost_is_not_sent_again_but_found(effect: Effect, clip: Path) -> None:
    faults = Faults()
    faults.add(Fault(effect, method="POST", path="/advideos$"))
    api = simulator(faults=faults)
    with pytest.raises(UnknownOutcome):
        run(api, lambda client: upload_video(client, ACCOUNT, "Reel [ma:1]", clip))
    found = run(api, lambda client: find_videos(client, ACCOUNT, "[ma:1]"))
    assert found == [node.id for node in api.world.all_of(Kind.VIDEO)]
    assert len(found) == (1 if effect is Effect.DROP_AFTER else 0)


def test_an_answer_without_an_id_is_no_answer() -> None:
    with pytest.raises(UnknownOutcome):
        run(
            Server([ok({"success": True})]), lambda client: upload_video(client, ACCOUNT, "Reel", "https://c.example/1")
        )


def test_videos_are_found_past_several_pages(api: Simulator) -> None:
    async def work(client: GraphClient) -> tuple[str, list[str]]:
        wanted = await upload_video(client, ACCOUNT, "Reel [ma:1]", "https://clips.example/1.mp4")
        for index in range(210):
            api.world.add(Kind.VIDEO, ACCOUNT.removeprefix("act_"), {"title": f"Reel {index} [ma:2]", "status": {}})
        return wanted, await find_videos(client, ACCOUNT, "[ma:1]")

    wanted, found = run(api, work)
    assert found == [wanted]


@pytest.mark.parametrize("url", ["ftp://clips.example/1.mp4", "1.mp4"])
def test_a_url_that_cannot_be_fetched_is_refused(api: Simulator, url: str) -> None:
    with pytest.raises(GraphFailure, match="Unable to fetch"):
        run(api, lambda client: upload_video(client, ACCOUNT, "Reel", url))
    assert videos(api) == []


def test_an_empty_file_is_refused(api: Simulator, tmp_path: Path) -> None:
    empty = tmp_path / "empty.mp4"
    empty.touch()
    with pytest.raises(GraphFailure, match="empty"):
        run(api, lambda client: upload_video(client, ACCOUNT, "Reel", empty))
    assert codes(Api(api).post(f"{ACCOUNT}/advideos", title="x")) == (100, None)


def test_a_file_that_is_not_there_is_told_of(api: Simulator, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        run(api, lambda client: upload_video(client, ACCOUNT, "Reel", tmp_path / "gone.mp4"))


def test_a_video_says_when_it_is_ready(api: Simulator) -> None:
    async def work(client: GraphClient) -> VideoState:
        made = await upload_video(client, ACCOUNT, "Reel", "https://clips.example/1.mp4")
        return await video_state(client, ACCOUNT, made)

    state = run(api, work)
    assert state.is_ready
    assert state.picture is not None
    assert state.picture.startswith("https://")


def scripted(*statuses: str) -> Server:
    return Server([ok({"id": "1", "status": {"video_status": status}}) for status in statuses])


def wait(server: Server, clock: Clock, patience: float = 600) -> VideoState:
    return run(server, lambda client: wait_for_video(client, ACCOUNT, "1", patience_seconds=patience), clock)


def test_a_video_is_waited_for_longer_and_longer() -> None:
    clock = Clock()
    assert wait(scripted(*["processing"] * 6, "ready"), clock).is_ready
    assert clock.sleeps == [2, 4, 8, 16, 30, 30]


@pytest.mark.parametrize("status", ["error", "expired"])
def test_a_video_that_failed_is_not_waited_for(status: str) -> None:
    clock = Clock()
    state = wait(scripted(status), clock)
    assert (state.has_failed, state.is_ready, clock.sleeps) == (True, False, [])


def test_patience_has_an_end() -> None:
    clock = Clock()
    state = wait(scripted(*["processing"] * 4), clock, patience=20)
    assert (state.status, clock.sleeps) == ("processing", [2, 4, 8])


@pytest.mark.parametrize("answer", [{}, {"status": "ready"}, {"status": {}}, {"status": None}])
def test_a_video_that_says_nothing_is_not_ready(answer: dict[str, Any]) -> None:
    assert not run(Server([ok(answer)]), lambda client: video_state(client, ACCOUNT, "1")).is_ready


def test_a_question_after_a_video_is_asked_again_after_what_passes() -> None:
    server = Server([Dropped("reset"), refused(2, status=503), ok({"status": {"video_status": "ready"}})])
    assert run(server, lambda client: video_state(client, ACCOUNT, "1")).is_ready
