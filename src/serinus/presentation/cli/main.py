"""The `serinus` command."""

import sys
from collections.abc import Sequence
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.panel import Panel
from rich.table import Table

import serinus
from serinus.domain.errors import SerinusError
from serinus.domain.identity.accounts import Account
from serinus.domain.identity.caller import Role
from serinus.presentation.cli.audit import audit_app
from serinus.presentation.cli.backups import add_backups
from serinus.presentation.cli.comparisons import add_comparing
from serinus.presentation.cli.demo import demo_command
from serinus.presentation.cli.generating import generate_command
from serinus.presentation.cli.keys import key_app
from serinus.presentation.cli.operations import (
    Finding,
    Opened,
    Operations,
    State,
    Stopped,
)
from serinus.presentation.cli.plain import plain
from serinus.presentation.cli.releases import release_app
from serinus.presentation.cli.webhooks import webhook_app

MARK = {State.OK: "[green]ok[/]", State.WARNING: "[yellow]look[/]", State.FAILED: "[red]no[/]"}

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]

out = Console()
errors = Console(stderr=True, soft_wrap=True)


def run(operations: Operations) -> None:
    """Run the command of `sys.argv`. An expected failure is one line and an exit code."""
    try:
        build(operations)(prog_name="serinus")
    except Stopped as stopped:
        _complain(str(stopped))
        sys.exit(stopped.code)
    except SerinusError as error:
        _complain(str(error))
        sys.exit(1)


def build(operations: Operations) -> typer.Typer:
    app = typer.Typer(
        help="A headless CMS that releases its own API by canary.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(_version)
    _add_server(app, operations)
    _add_inspection(app, operations)
    add_backups(app, operations)
    app.add_typer(_users(operations), name="user", help="People who can sign in.")
    app.add_typer(key_app(operations), name="key", help="API keys, for programs.")
    app.add_typer(audit_app(operations), name="audit")
    releases = release_app(operations)
    add_comparing(releases, operations)
    releases.add_typer(webhook_app(operations.on_webhooks), name="webhook")
    app.add_typer(releases, name="release")
    app.add_typer(operations.import_commands(), name="import", help="Bring content in.")
    app.command("generate")(generate_command(operations.generate))
    app.command("demo")(demo_command(operations.demo))
    return app


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - Typer passes the option's value
    if wanted:
        out.print(f"serinus {serinus.__version__}")
        raise typer.Exit


def _version(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", is_eager=True, callback=_print_version
        ),
    ] = False,
) -> None:
    pass


def _add_server(app: typer.Typer, operations: Operations) -> None:
    @app.command()
    def serve(
        *,
        demo: Annotated[
            bool, typer.Option("--demo", help="Fill an empty database with demo content.")
        ] = False,
    ) -> None:
        """Serve both contracts, at SERINUS_HOST and SERINUS_PORT; more: `serinus settings`."""
        operations.serve(demo=demo, announce=_announce)

    @app.command()
    def migrate() -> None:
        """Bring the database's schema up to date."""
        applied = operations.migrate()
        out.print(f"applied: {', '.join(applied)}" if applied else "the schema is up to date")


def _add_inspection(app: typer.Typer, operations: Operations) -> None:
    @app.command()
    def doctor(*, as_json: AsJson = False) -> None:
        """Say what is reachable, in which version, what is missing, and what to do about it."""
        findings = operations.doctor()
        if as_json:
            _print_json(findings)
        else:
            _print_findings(findings)
        if any(finding.state is State.FAILED for finding in findings):
            raise typer.Exit(1)

    @app.command()
    def settings(*, as_json: AsJson = False) -> None:
        """List the environment variables that are understood; a star marks those given."""
        found = operations.settings()
        if as_json:
            _print_json(found)
            return
        table = Table("", "variable", "default", "meaning")
        for setting in found:
            mark = "*" if setting.given else ""
            table.add_row(mark, setting.name, setting.default, setting.meaning)
        out.print(table)

    @app.command()
    def openapi() -> None:
        """Print the OpenAPI 3.1 document of both contracts."""
        _print_json(operations.openapi())


def _users(operations: Operations) -> typer.Typer:
    users = typer.Typer(no_args_is_help=True)

    @users.command()
    def create(
        email: str,
        username: Annotated[str, typer.Option(help="Default: what stands before the @.")] = "",
        role: Annotated[Role, typer.Option(help="What they may do.")] = Role.AUTHOR,
        *,
        password_stdin: Annotated[
            bool, typer.Option(help="Read the password from standard input, not a prompt.")
        ] = False,
    ) -> None:
        """Create an account."""
        account = operations.create_user(
            username=username or email.partition("@")[0],
            email=email,
            password=_password(from_stdin=password_stdin),
            role=role,
        )
        out.print(plain(f"{account.username} <{account.email}> is {account.role}"))

    @users.command(name="list")
    def list_users(*, as_json: AsJson = False) -> None:
        """List accounts, newest first, at most a hundred."""
        accounts = operations.users()
        if as_json:
            _print_json(accounts)
        else:
            _print_accounts(accounts)

    @users.command()
    def password(email: str) -> None:
        """Set an account's password and end its sessions."""
        account = operations.set_password(email=email, password=_ask_password())
        out.print(plain(f"{account.username}: the password is set, all sessions have ended"))

    return users


def _print_accounts(accounts: Sequence[Account]) -> None:
    table = Table("name", "e-mail", "role", "active")
    for account in accounts:
        active = "yes" if account.is_active else "no"
        table.add_row(plain(account.username), plain(account.email), account.role, active)
    out.print(table)


def _announce(opened: Opened) -> None:
    lines = [
        f"API            {opened.address}/api/v2/posts",
        f"Documentation  {opened.address}/api/docs",
        f"Health         {opened.address}/health",
        f"Canary         {opened.share} % of contract v1 on engine v2, epoch {opened.epoch}",
        f"               from {opened.origin}",
        f"Database       {opened.database}",
    ]
    if opened.demo_posts:
        lines.append(f"Demo content   {opened.demo_posts} posts in English and Japanese")
    if opened.faults:
        lines += [
            "",
            f"[bold red]SERINUS_FAULT={opened.faults}: engines do wrong on purpose[/]",
        ]
    if opened.administrator:
        email, password = opened.administrator
        lines += [
            "",
            f"Administrator  {email}",
            f"Password       {password}  (shown this once)",
        ]
    Console(stderr=False, highlight=False).print(Panel("\n".join(lines), title="Serinus"))


def _print_findings(findings: Sequence[Finding]) -> None:
    table = Table(show_header=False, box=None)
    for finding in findings:
        table.add_row(MARK[finding.state], finding.subject, finding.detail)
        if finding.remedy:
            table.add_row("", "", f"[bold]{finding.remedy}[/]")
    out.print(table)


def _print_json(value: object) -> None:
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def _password(*, from_stdin: bool) -> str:
    # Never an argument: arguments stand in the process list and the shell's history.
    return sys.stdin.readline().rstrip("\n") if from_stdin else _ask_password()


def _ask_password() -> str:
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


def _complain(message: str) -> None:
    errors.print(f"serinus: {message}", style="red", markup=False, highlight=False)
