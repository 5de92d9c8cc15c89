"""`omnibus models`: the model files in the user's cache."""

import typer

from omnibus.cli import options
from omnibus.cli.failures import one_line

app = typer.Typer(help="The model files in the user's cache.", no_args_is_help=True)


@app.callback()
def models() -> None:
    """The model files in the user's cache."""


@app.command("fetch")
def fetch(profile: options.Profile = None, data: options.Data = None) -> None:
    """Fetch and check every model of a profile; what is there already is not fetched again."""
    with one_line():
        from omnibus.cli.progress import prepare_models
        from omnibus.settings import load

        settings = load(data=data, profile=profile)
        prepare_models(settings)
        typer.echo(f"the models of profile {settings.profile} are ready")
