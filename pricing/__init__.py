"""How much: what power, carbon, data and compute cost at every site in every slot; quotes and bills."""

from pricing.bill import Bill, BillLine, Usage, make_bill
from pricing.carbon import CarbonProfile, carbon_cost_cny
from pricing.catalogue import PriceCatalogue, PublishedPrice, load_price_catalogue
from pricing.errors import BillError, InvalidPrice, OverrideError, PriceDataError, PricingError, UnknownPrice
from pricing.override import Override, OverrideKind
from pricing.override_reader import read_overrides
from pricing.power import Climate, CoolingCurve, facility_kw, it_limit_kw, it_power_kw, task_power_kw
from pricing.price_book import POWER_PARTS, PriceBook, Provenance, build_price_book
from pricing.quote import Quote, quote_run
from pricing.rate_card import RateCard, value_cny
from pricing.solar import pv_kw
from pricing.table import load_price_dictionary
from pricing.tariff import Period, Tariff
from pricing.transfer import transfer_cost_cny

__all__ = [
    "POWER_PARTS",
    "Bill",
    "BillError",
    "BillLine",
    "CarbonProfile",
    "Climate",
    "CoolingCurve",
    "InvalidPrice",
    "Override",
    "OverrideError",
    "OverrideKind",
    "Period",
    "PriceBook",
    "PriceCatalogue",
    "PriceDataError",
    "PricingError",
    "Provenance",
    "PublishedPrice",
    "Quote",
    "RateCard",
    "Tariff",
    "UnknownPrice",
    "Usage",
    "build_price_book",
    "carbon_cost_cny",
    "facility_kw",
    "it_limit_kw",
    "it_power_kw",
    "load_price_catalogue",
    "load_price_dictionary",
    "make_bill",
    "pv_kw",
    "quote_run",
    "read_overrides",
    "task_power_kw",
    "transfer_cost_cny",
    "value_cny",
]
