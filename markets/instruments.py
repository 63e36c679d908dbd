"""The instruments a new paper starts with, each told for what it is.

How each was identified, and which are uncertain, is in docs/markets.md. The bands are
wide enough for a bad year and narrow enough to refuse an index level where a fund's
price belongs, pence for pounds, and zero.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from markets.models.instrument import Delay, Group, Kind

SHARE = "US dollars a share"
COIN = "US dollars a coin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Starter:
    """One instrument as it is loaded into a new paper."""

    symbol: str
    label: str
    name: str
    kind: str
    group: str
    low: str
    high: str
    unit: str
    currency: str = "USD"
    decimals: int = 2
    tracks: str = ""
    stands_for: str = ""
    definition: str = ""
    mic: str = ""
    provider: str = ""
    provider_symbol: str = ""
    delay: str = Delay.DELAYED
    delay_minutes: int = 15
    redistributable: bool = False

    def band(self) -> tuple[Decimal, Decimal]:
        return Decimal(self.low), Decimal(self.high)


def _index(
    symbol: str, label: str, name: str, low: str, high: str, text: str
) -> Starter:
    return Starter(
        symbol=symbol,
        label=label,
        name=name,
        kind=Kind.INDEX,
        group=Group.EQUITIES,
        low=low,
        high=high,
        unit="index points",
        definition=text,
        mic="XNAS",
        provider="table",
        provider_symbol=symbol,
    )


def _fund(
    symbol: str, name: str, tracks: str, low: str, high: str, mic: str = "XNYS"
) -> Starter:
    return Starter(
        symbol=symbol,
        label=symbol,
        name=name,
        kind=Kind.ETF,
        group=Group.FUNDS,
        low=low,
        high=high,
        unit=SHARE,
        tracks=tracks.removeprefix("the "),
        definition=(
            "The price of one share of the fund, which "
            + (f"follows {tracks}." if tracks else "follows no index.")
        ),
        mic=mic,
        provider="table",
        provider_symbol=symbol,
    )


def _proxy(
    group: str, symbol: str, name: str, stands_for: str, tracks: str, band: str
) -> Starter:
    low, high = band.split()
    return Starter(
        symbol=symbol,
        label=symbol,
        name=name,
        kind=Kind.PROXY,
        group=group,
        low=low,
        high=high,
        unit=SHARE,
        tracks=tracks.removeprefix("the "),
        stands_for=stands_for,
        definition=(
            f"The price of one share of a fund listed in New York that follows "
            f"{tracks}. It moves with {stands_for} but is not its level or price."
        ),
        mic="XNYS",
        provider="table",
        provider_symbol=symbol,
    )


def _coin(
    symbol: str, name: str, coingecko: str, low: str, high: str, decimals: int = 2
) -> Starter:
    return Starter(
        symbol=symbol,
        label=symbol,
        name=name,
        kind=Kind.CRYPTO,
        group=Group.CRYPTO,
        low=low,
        high=high,
        unit=COIN,
        decimals=decimals,
        definition=(
            f"The price of one {name} in US dollars, a mean over trading venues. "
            "It trades around the clock; the change is that of 24 hours."
        ),
        provider="coingecko",
        provider_symbol=coingecko,
        delay=Delay.LIVE,
        delay_minutes=0,
    )


def _pair(pair: str, unit: str, low: str, high: str, decimals: int) -> Starter:
    base, quoted = pair.split("/")
    how = (
        "The euro reference rate of the European Central Bank"
        if base == "EUR"
        else "Computed from two euro reference rates of the European Central Bank"
    )
    return Starter(
        symbol=base + quoted,
        label=pair,
        name=unit[0].upper() + unit[1:],
        kind=Kind.FX_FIXING,
        group=Group.CURRENCIES,
        low=low,
        high=high,
        unit=unit,
        currency=quoted,
        decimals=decimals,
        definition=f"{how}: fixed once a working day, for information, not for trade.",
        provider="ecb",
        provider_symbol=pair,
        delay=Delay.FIXING,
        delay_minutes=0,
        redistributable=True,
    )


E, C = Group.EQUITIES, Group.COMMODITIES
# fmt: off
INSTRUMENTS: tuple[Starter, ...] = (
    _proxy(E, "SPY", "SPDR S&P 500 ETF Trust", "the S&P 500", "the S&P 500", "100 3000"),
    _index("IXIC", "Nasdaq", "Nasdaq Composite", "2000", "150000",
           "The level of the Nasdaq Composite, an index of some 3,000 shares listed there."),
    _index("NDX", "Nasdaq 100", "Nasdaq-100", "2000", "200000",
           "The level of the Nasdaq-100, an index of 100 large non-financial companies."),
    _proxy(E, "DIA", "SPDR Dow Jones Industrial Average ETF Trust",
           "the Dow", "the Dow Jones industrials", "100 2500"),
    _proxy(E, "EWJ", "iShares MSCI Japan ETF", "Japanese shares", "the MSCI Japan", "20 400"),
    _proxy(E, "FXI", "iShares China Large-Cap ETF",
           "large Chinese shares", "the FTSE China 50", "8 150"),
    _proxy(E, "VGK", "Vanguard FTSE Europe ETF",
           "European shares", "the FTSE Developed Europe All Cap", "20 400"),
    _proxy(E, "EWG", "iShares MSCI Germany ETF", "German shares", "the MSCI Germany", "8 200"),
    _coin("BTC", "Bitcoin", "bitcoin", "1000", "1000000", 0),
    _coin("ETH", "Ether", "ethereum", "50", "50000"),
    _coin("BNB", "BNB", "binancecoin", "10", "20000"),
    _coin("XRP", "XRP", "ripple", "0.05", "50", 4),
    _coin("SOL", "Solana", "solana", "2", "5000"),
    _coin("TRX", "TRON", "tron", "0.01", "10", 4),
    _coin("HYPE", "Hyperliquid", "hyperliquid", "1", "2000"),
    _coin("DOGE", "Dogecoin", "dogecoin", "0.002", "5", 4),
    _coin("RAIN", "Rain", "rain", "0.0003", "1", 4),
    _coin("LEO", "LEO Token", "leo-token", "0.3", "300"),
    _fund("QQQ", "Invesco QQQ Trust", "the Nasdaq-100", "100", "3000", "XNAS"),
    _fund("VOO", "Vanguard S&P 500 ETF", "the S&P 500", "90", "3000"),
    _fund("VTI", "Vanguard Total Stock Market ETF", "the CRSP US Total Market", "50", "1500"),
    _fund("IWM", "iShares Russell 2000 ETF", "the Russell 2000", "40", "1200"),
    _fund("ARKK", "ARK Innovation ETF", "", "8", "600"),
    _fund("HYG", "iShares iBoxx $ High Yield Corporate Bond ETF",
           "the Markit iBoxx USD Liquid High Yield", "30", "200"),
    _proxy(C, "GLD", "SPDR Gold Shares", "gold", "gold bullion", "60 1500"),
    _proxy(C, "SLV", "iShares Silver Trust", "silver", "silver bullion", "5 250"),
    _proxy(C, "USO", "United States Oil Fund",
           "US crude oil (WTI)", "WTI crude oil futures", "15 500"),
    _proxy(C, "BNO", "United States Brent Oil Fund",
           "Brent crude oil", "Brent crude oil futures", "5 200"),
    _proxy(C, "UNG", "United States Natural Gas Fund",
           "US natural gas", "Henry Hub gas futures", "2 200"),
    _proxy(C, "CPER", "United States Copper Index Fund", "copper", "copper futures", "8 200"),
    _pair("EUR/USD", "US dollars for a euro", "0.5", "2.5", 4),
    _pair("GBP/USD", "US dollars for a pound", "0.5", "3", 4),
    _pair("USD/JPY", "yen for a US dollar", "50", "400", 2),
    _pair("USD/CNY", "yuan for a US dollar", "3", "15", 4),
)
# fmt: on

COINS = [row.provider_symbol for row in INSTRUMENTS if row.provider == "coingecko"]
PAIRS = [row.provider_symbol for row in INSTRUMENTS if row.provider == "ecb"]

# The free feeds a new paper knows; both are off until somebody turns them on.
FEEDS: tuple[dict[str, object], ...] = (
    {
        "name": "European Central Bank",
        "provider": "ecb",
        "url": "https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist-90d.xml",
        "options": {"pairs": PAIRS},
        "interval": timedelta(minutes=30),
        "redistributable": True,
        "attribution": "Source: ECB euro foreign exchange reference rates",
    },
    {
        "name": "CoinGecko",
        "provider": "coingecko",
        "url": (
            "https://api.coingecko.com/api/v3/coins/markets?vs_currency=usd"
            f"&ids={','.join(COINS)}&price_change_percentage=24h"
        ),
        "options": {"currency": "USD"},
        # 8,640 calls a month: within the 10,000 of the free plan, failures included.
        "interval": timedelta(minutes=5),
        "attribution": "Data provided by CoinGecko",
    },
)
