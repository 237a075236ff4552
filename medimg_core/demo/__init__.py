"""Guided cases: a hit, a miss, a refusal, and a map that its audit rejects; on phantoms, or found in a folder."""

from medimg_core.demo.finding import MOST, Found, demo_folder, find_stories
from medimg_core.demo.rehearsal import Rehearsal, covered, rehearse
from medimg_core.demo.story import KINDS, Kind, Scene, Step, Story, open_story, phantom_stories

__all__ = [
    "KINDS",
    "MOST",
    "Found",
    "Kind",
    "Rehearsal",
    "Scene",
    "Step",
    "Story",
    "covered",
    "demo_folder",
    "find_stories",
    "open_story",
    "phantom_stories",
    "rehearse",
]
