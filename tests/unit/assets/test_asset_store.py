"""How models come onto the machine, and what happens when they do not."""

import dataclasses
import hashlib
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from workers.adapters.assets.catalog import (
    PROFILES,
    Asset,
    AssetFile,
    HubFile,
    PackagePart,
    PackageParts,
    Source,
)
from workers.adapters.assets.store import AssetStore
from workers.errors import ModelUnavailable

if TYPE_CHECKING:
    from tests.unit.assets.conftest import Served
