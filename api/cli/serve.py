"""`edwc serve`, `edwc api`, `edwc controller`: the service in one process, or its halves apart."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from typing import Any

import click
import uvloop

from api.settings import Settings

STORE = click.option(
    "--store", metavar="URL", help="sqlite:///path or postgresql://…; by default sqlite:///edwc.db."
)
CATALOGUE = click.option(
    "--catalogue", metavar="DIR", help="Catalogue folder, or a built-in name; by default china."
)
HOST = click.option("--host", help="Address to listen on; by default 127.0.0.1.")
PORT = click.option(
    "--port", type=click.IntRange(0, 65535), help="Port; 0 takes a free one; by default 8000."
)
TIME_SCALE = click.option(
    "--time-scale",
    type=click.FloatRange(0, min_open=True),
    help="Simulated jobs take their runtime times this.",
)
SITES = click.option(
    "--sites", metavar="FILE", help="Which backend serves which site (TOML); the others are served locally."
)

Command = Callable[..., None]


def settings_of(**given: Any) -> Settings:
    """Return the settings of the environment, with what the command line gives in their place.

    Raises:
        SettingsError: a variable breaks a rule; the error names it.
    """
    from pydantic import ValidationError  # noqa: PLC0415  (only those who start a service wait for it)

    from api.errors import SettingsError  # noqa: PLC0415

    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = f"EDWC_{'_'.join(map(str, first['loc'])).upper()}"
        raise SettingsError(f"{name} = {first['input']!r}: {first['msg']}") from None


@click.command()
@STORE
@CATALOGUE
@HOST
@PORT
@TIME_SCALE
@SITES
def serve(**given: Any) -> None:
    """Serve everything from one process: the API, the loop and the console.

    The first start on an empty store makes the tenant `default` and prints its key, once.
    """
    _serve(settings_of(**given), loop=True)


@click.command(name="api")
@STORE
@CATALOGUE
@HOST
@PORT
def api_only(**given: Any) -> None:
    """Serve the API alone; `edwc controller` runs the loop on the same PostgreSQL."""
    _serve(settings_of(**given), loop=False)


@click.command()
@STORE
@CATALOGUE
@TIME_SCALE
@SITES
def controller(**given: Any) -> None:
    """Run the loop alone, on the store that `edwc api` serves. Of several, one leads; the others wait."""
    from api.bootstrap import open_service, prepare_store, running  # noqa: PLC0415
    from api.interpreter import settle  # noqa: PLC0415
    from api.logs import configure_logs  # noqa: PLC0415
    from api.loop import wall_clock  # noqa: PLC0415

    settings = settings_of(**given)
    configure_logs(level=settings.log_level, as_json=settings.log_json)
    prepare_store(settings, wall_clock())

    async def run() -> None:
        service = open_service(settings, loop=True)
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, service.closing.set)
        async with running(service):
            settle()
            await service.closing.wait()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())


def _serve(settings: Settings, *, loop: bool) -> None:
    from api.logs import configure_logs  # noqa: PLC0415
    from api.serving import serve_forever  # noqa: PLC0415

    configure_logs(level=settings.log_level, as_json=settings.log_json)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve_forever(settings, loop=loop, say=click.echo))
