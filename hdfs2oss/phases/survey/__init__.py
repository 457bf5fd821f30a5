"""The survey: what is there on both sides, and so what is to be done."""

from .wave import SurveyReport, survey

__all__ = ["SurveyReport", "survey"]
