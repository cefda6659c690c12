"""Brings what a decision may see: places, prices, and the state of the sites."""

from api.feeds.built_in import BuiltInFeed
from api.feeds.feed import Feed
from api.feeds.places import Closures, Places, arrange, elsewhere_tags

__all__ = ["BuiltInFeed", "Closures", "Feed", "Places", "arrange", "elsewhere_tags"]
