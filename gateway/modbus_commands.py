"""`gatehouse modbus …`: a line asked by hand, when devices are commissioned."""
# ruff: noqa: PLC0415  # each command imports what it needs when it runs

import asyncio
from pathlib import Path
from typing import Annotated, Literal

import typer

from gateway.errors import BadConfig

commands = typer.Typer(no_args_is_help=True, help="Ask a Modbus line by hand.")

_TableName = Literal["coil", "discrete_input", "holding_register", "input_register"]
_SmallName = Literal["bit", "int8", "uint8", "int16", "uint16", "float16", "bcd16"]
_LargeName = Literal["int32", "uint32", "float32", "bcd32", "int64", "uint64", "float64", "bcd64"]
_TypeName = Literal[_SmallName, _LargeName, "string", "time"]
_OrderName = Literal["big", "little"]

Line = Annotated[str, typer.Argument(help="HOST:PORT, or with --site a connection's id.")]
UnitNumber = Annotated[int, typer.Argument(min=0, max=255, help="The unit.")]
Table = Annotated[_TableName, typer.Argument(help="Which table.")]
Address = Annotated[
    str, typer.Argument(help="The protocol's, from 0: 40001 is 0. 23296 or 0x5B00.")
]
Type = Annotated[_TypeName, typer.Option("--type", help="How the value lies in registers.")]
WordOrder = Annotated[_OrderName, typer.Option(help="little: low register first.")]
ByteOrder = Annotated[_OrderName, typer.Option(help="little: low byte first.")]
SiteFile = Annotated[Path | None, typer.Option(help="The site file.", show_default=False)]
Framed = Annotated[Literal["tcp", "rtu", "ascii"], typer.Option(help="Of HOST:PORT.")]
Timeout = Annotated[float, typer.Option(min=0.05, max=60, help="Seconds, of HOST:PORT.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before.")]
Speech = Annotated[Literal["en", "zh"], typer.Option(help="Of what is printed.")]


@commands.command()
def read(
    line: Line,
    unit: UnitNumber,
    table: Table,
    address: Address,
    count: Annotated[int, typer.Argument(min=1, max=2000, help="How many values.")] = 1,
    kind: Type = "uint16",
    word_order: WordOrder = "big",
    byte_order: ByteOrder = "big",
    registers: Annotated[int, typer.Option(min=1, max=125, help="Of a string.")] = 1,
    site: SiteFile = None,
    framing: Framed = "tcp",
    timeout: Timeout = 1.0,
    language: Speech = "en",
) -> None:
    """Read values once, in one request, and print them with what they were made of."""
    from gateway.commissioning import LineAtHand, place_of

    at_hand = LineAtHand.named(line, site, framing, timeout, language)
    at_hand.check_readable()
    first = place_of(table, address, kind, byte_order, word_order, registers)
    for row in asyncio.run(at_hand.read(unit, first, count)):
        typer.echo(row)


@commands.command()
def write(
    line: Line,
    unit: UnitNumber,
    table: Table,
    address: Address,
    value: Annotated[str, typer.Argument(help="What is written: 12, 0x1F, -2.5.")],
    kind: Type = "uint16",
    word_order: WordOrder = "big",
    byte_order: ByteOrder = "big",
    function: Annotated[
        int | None, typer.Option(help="5, 6, 15, 16 or 23; else the one that suits.")
    ] = None,
    site: SiteFile = None,
    framing: Framed = "tcp",
    timeout: Timeout = 1.0,
    yes: Yes = False,
    language: Speech = "en",
) -> None:
    """Write one value once, after asking, and read it back. Refused while the site's gateway uses
    the line."""
    from gateway.commissioning import LineAtHand, number_of, place_of

    at_hand = LineAtHand.named(line, site, framing, timeout, language)
    at_hand.check_free()
    place = place_of(table, address, kind, byte_order, word_order)
    number = number_of(value)
    at_hand.check_holds(place, number)
    _ask(at_hand.question_to_write(unit, place, value), yes=yes)
    typer.echo(asyncio.run(at_hand.write(unit, place, number, function)))
    for row in asyncio.run(at_hand.read(unit, place, 1)):
        typer.echo(row)


@commands.command()
def scan(
    line: Line,
    first: Annotated[int, typer.Option(min=1, max=247, help="The first unit.")] = 1,
    last: Annotated[int, typer.Option(min=1, max=247, help="The last unit.")] = 247,
    rate: Annotated[float, typer.Option(min=0.1, max=20, help="Units in a second, at most.")] = 5,
    site: SiteFile = None,
    framing: Framed = "tcp",
    timeout: Timeout = 0.3,
    yes: Yes = False,
    language: Speech = "en",
) -> None:
    """Look which units answer, after asking; Ctrl-C ends it. Reads one register of each, and who
    made it where it says so. Refused while the site's gateway uses the line."""
    from gateway.commissioning import LineAtHand

    at_hand = LineAtHand.named(line, site, framing, timeout, language)
    at_hand.check_free()
    if last < first:
        raise BadConfig("--last", f"is {last}, below --first {first}", "give a range")
    units = range(first, last + 1)
    _ask(at_hand.question_to_scan(units, rate), yes=yes)
    asyncio.run(at_hand.scan(units, rate, typer.echo))


def _ask(question: str, *, yes: bool) -> None:
    if not yes:
        typer.confirm(question, abort=True)
