"""The `omnibus` command: one module a command. What a command needs is imported when it runs, so that help is quick."""

import typer

from omnibus.cli.ask import ask
from omnibus.cli.demo import demo
from omnibus.cli.dispatch import dispatch
from omnibus.cli.dlq import app as dlq
from omnibus.cli.doctor import doctor
from omnibus.cli.down import down
from omnibus.cli.models import app as models
from omnibus.cli.reconcile import reconcile
from omnibus.cli.search import search
from omnibus.cli.setup import setup
from omnibus.cli.show import show
from omnibus.cli.status import status
from omnibus.cli.up import up
from omnibus.cli.upload import upload
from omnibus.cli.work import work

app = typer.Typer(
    name="omnibus",
    help="Turns a bucket into something you can ask.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("up")(up)
app.command("down")(down)
app.command("demo")(demo)
app.command("setup")(setup)
app.command("upload")(upload)
app.command("ask")(ask)
app.command("search")(search)
app.command("show")(show)
app.command("status")(status)
app.command("doctor")(doctor)
app.command("reconcile")(reconcile)
app.command("dispatch")(dispatch)
app.command("work")(work)
app.add_typer(dlq, name="dlq")
app.add_typer(models, name="models")


def main() -> None:
    """Run the command that the arguments name."""
    app()
