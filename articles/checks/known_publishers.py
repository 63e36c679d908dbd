"""Well-known names of the press, so that a text can be asked whom it cites.

Plain data. It need not be whole: the publishers on our wire come with their own names,
and a publisher added at the desk, with or without a source, is known like these.
"""

from __future__ import annotations

# One outlet a row: the name findings print, then others. A name with a star is also an
# ordinary word or something else's name: it counts only where it says something. "The"
# and one word more are looked for together, either way of writing "the".
_TABLE = """
ABC News
AFP | Agence France-Presse
Al Arabiya
Al Jazeera
Anadolu | Anadolu Agency
ANSA
AP | Associated Press
Ars Technica
Asahi Shimbun
Axios
BBC | BBC News | BBC World Service
Bellingcat
Bloomberg | Bloomberg News
Business Insider
CBC | CBC News
CBS News | CBS
CCTV
China Daily
CNBC
CNN
Daily Mail
Daily Telegraph | The Telegraph
Deutsche Welle | DW*
Die Zeit | Zeit*
dpa | Deutsche Presse-Agentur
EFE
El País
Euronews
Financial Times | FT
Fortune*
Fox News
Frankfurter Allgemeine Zeitung | FAZ
Global Times
Globe and Mail
Haaretz
Interfax
IRNA
ITV News
Jerusalem Post
Kyiv Independent
Kyodo | Kyodo News
Le Figaro
Le Monde
Los Angeles Times | LA Times
MarketWatch
NBC News | NBC
Neue Zürcher Zeitung | NZZ
New York Times | NYT
New Yorker
Newsweek
NHK
Nikkei Asia | Nikkei* | Nikkei Asian Review
NPR
Politico
Press Trust of India | PTI
ProPublica
Radio Free Europe | RFE/RL
Reuters | Thomson Reuters
RIA Novosti
Semafor
Sky News
South China Morning Post | SCMP
Der Spiegel | Spiegel
Süddeutsche Zeitung
Tasnim
TASS
TechCrunch
The Atlantic*
The Economist
The Guardian
The Hindu*
The Independent*
The Intercept
The Verge
Time magazine
Times of India
Times of Israel
Ukrinform
Unusual Whales
USA Today
Voice of America | VOA
Wall Street Journal | WSJ
Washington Post | WaPo
Wired*
Xinhua
Yomiuri Shimbun
Yonhap
"""

WELL_KNOWN: tuple[tuple[str, ...], ...] = tuple(
    tuple(name.strip() for name in row.split("|"))
    for row in _TABLE.strip().splitlines()
)
