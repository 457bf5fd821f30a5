"""The survey: what is there on both sides, and so what is to be done."""

from .checklist import VERIFICATION
from .difference import survey_changes, without_excluded
from .wave import SurveyReport, survey

__all__ = ["VERIFICATION", "SurveyReport", "survey", "survey_changes", "without_excluded"]
