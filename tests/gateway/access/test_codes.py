"""Every word by which a machine refuses is named by it, and stands in both catalogues."""

from types import NoneType
from typing import get_args, get_type_hints

import pytest

from dashboards.texts import texts_in
from gateway.access.barrier import BarrierMachine
from gateway.access.codes import CODES, MACHINES
from gateway.access.door import Door
from gateway.access.fire import FireLinkage
from gateway.access.interlock import Interlock
from gateway.access.machine import AnyMachine, Refusal
from gateway.access.output import Output
from gateway.access.passback import Passback
from gateway.access.zone import HeldZone
from gateway.model.text import Language
from gateway.plant.derived import DerivedPoints
from gateway.plant.generator import Generator
from gateway.plant.lighting import Lighting
from gateway.plant.pump import Pump
from gateway.plant.pump_group import PumpGroup
from gateway.plant.transfer_switch import TransferSwitch

MACHINE_CLASSES = (
    BarrierMachine,
    DerivedPoints,
    Door,
    FireLinkage,
    Generator,
    HeldZone,
    Interlock,
    Lighting,
    Output,
    Passback,
    Pump,
    PumpGroup,
    TransferSwitch,
)


def words_of(machine: type[AnyMachine]) -> set[type]:
    """What its type says that it may refuse with."""
    returned = get_type_hints(machine.refusal)["return"]
    return {*get_args(returned)} - {NoneType} or ({returned} - {NoneType})


@pytest.mark.parametrize("machine", MACHINE_CLASSES)
def test_a_machine_refuses_by_its_own_words_alone(machine: type[AnyMachine]) -> None:
    for words in words_of(machine):
        assert issubclass(words, Refusal)
        assert words in MACHINES


def test_every_class_of_words_is_some_machines() -> None:
    assert {words for machine in MACHINE_CLASSES for words in words_of(machine)} == {*MACHINES}


@pytest.mark.parametrize("language", Language)
def test_every_refusal_has_its_words(language: Language) -> None:
    texts = texts_in(language)
    for code in CODES:
        assert texts(f"code.{code}")
