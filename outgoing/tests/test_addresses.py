"""Which addresses are refused: more than 300 vectors, and their public neighbours (W18)."""

from ipaddress import IPv4Address, ip_address

import httpx2
import pytest

from outgoing.addresses import MAX_URL, destination, why_not
from outgoing.errors import BadAddress, FetchError, RefusedAddress

# First and last address of every IPv4 range that is no public host.
V4_EDGES = """
0.0.0.0 0.255.255.255  10.0.0.0 10.255.255.255  100.64.0.0 100.127.255.255
127.0.0.0 127.255.255.255  169.254.0.0 169.254.255.255  172.16.0.0 172.31.255.255
192.0.0.0 192.0.0.255  192.0.2.0 192.0.2.255  192.31.196.0 192.31.196.255
192.52.193.0 192.52.193.255  192.88.99.0 192.88.99.255  192.168.0.0 192.168.255.255
192.175.48.0 192.175.48.255  198.18.0.0 198.19.255.255  198.51.100.0 198.51.100.255
203.0.113.0 203.0.113.255  224.0.0.0 239.255.255.255  240.0.0.0 255.255.255.255
""".split()
# Those that matter most: this machine, cloud metadata, DNS and control planes.
V4_NAMED = """
127.0.0.1 127.0.0.53 127.1.1.1 169.254.169.254 169.254.170.2 169.254.169.123 10.0.0.1
10.96.0.1 100.100.100.200 172.17.0.1 192.0.0.192 192.168.1.1 255.255.255.255 224.0.0.251
""".split()
V6 = """
:: ::1 ::2 ::ffff:0:0 ::ffff:0:7f00:1 100:: 100::1 100:0:0:1::1 64:ff9b:: 64:ff9b:1::1
2001:: 2001::1 2001:1::1 2001:2::1 2001:3::1 2001:4:112::1 2001:10::1 2001:20::1
2001:30::1 2001:1ff:ffff::1 2001:db8:: 2001:db8::1 2001:db8:ffff:ffff::1 2002::
2002:7f00:1:: 2620:4f:8000::1 3fff:: 3fff:fff:ffff::1 5f00::1 4000::1 8000::1 c000::1
e000::1 fc00:: fc00::1 fd00::1 fd00:ec2::254 fdff:ffff::1 fe00::1 fe80:: fe80::1
febf:ffff::1 fec0::1 feff::1 ff00:: ff01::1 ff02::1 ff02::fb ff05::1:3 ff0e::1 ffff::1
1::1 1fff:ffff::1
""".split()
# How inet_aton and browsers let 127.0.0.1, 10.0.0.1 and 169.254.169.254 be written.
NUMBERS = """
2130706433 017700000001 0x7f000001 0x7F000001 0X7F000001 0x7f.0x0.0x0.0x1 0x7f.1 127.1
127.0.1 127.0x1 0177.0.0.1 0177.0.0.01 0177.0000.0000.0001 00177.0.0.1 127.0.0.1.
127.0.0.01 127.0.0.0x1 0x7f.0.0.1 127.000.000.001 2130706433. 0 00 0x0 0x 1 1. 0.0.0.0.
10.1 0xa000001 012.0.0.1 167772161 10.0.0x1 2852039166 0xa9fea9fe 025177524776
0xa9.0xfe.0xa9.0xfe 169.254.43518 169.16689662 0251.0376.0251.0376 4294967295
4294967296 99999999999999999999 256.256.256.256 127.0.0.1.1 1.2.3 1.2.3.4.5 1.1.1.0400
""".split()
NAMES = """
localhost LOCALHOST LocalHost localhost. localhost。 localhost．  a.localhost
www.localhost. localhost.localdomain db redis postgres intranet metadata
metadata.google.internal instance-data.ec2.internal printer.local router.lan nas.home
files.corp host.docker.internal svc.cluster.local git.intranet box.home.arpa
hidden.onion x.private
""".split()
# Not a URL we fetch, whatever stands in the host.
MALFORMED = [
    "", " ", "http", "http:", "http://", "http:///path", "http:feeds.example",
    "//feeds.example/", "feeds.example", "/etc/passwd", "file:///etc/passwd",
    "file://feeds.example/x", "ftp://feeds.example/", "gopher://feeds.example:80/",
    "data:text/xml,<rss/>", "javascript:alert(1)", "dict://feeds.example:80/",
    "ldap://feeds.example/", "jar:http://feeds.example!/", "feed://feeds.example/",
    "ws://feeds.example/", "unix:///run/redis.sock", "http+unix://feeds.example/",
    "http://user@feeds.example/", "http://user:pw@feeds.example/",
    "http://feeds.example:80@127.0.0.1/", "http://feeds.example%40@127.0.0.1/",
    "http://feeds.example\\@127.0.0.1/", "http://127.0.0.1\\@feeds.example/",
    "http:\\\\feeds.example\\", "http://feeds.example:22/", "http://feeds.example:6379/",
    "http://feeds.example:8080/", "https://feeds.example:8443/",
    "http://feeds.example:65536/", "http://feeds.example:99999/",
    "http://feeds.example:-80/", "http://feeds.example:0/", "http://feeds.example:80a/", "http://feeds.example:０/",
    "http://[::1", "http://::1/", "http://[::1]x/", "http://[::1%25lo]/",
    "http://[fe80::1%25eth0]/", "http://[fe80::1%eth0]/", "http://[v1.127]/",
    "http://[127.0.0.1]/", "http://[[::1]]/", "http://%31%32%37.0.0.1/",
    "http://127%2e0%2e0%2e1/", "http://localhost%00.example/", "http://%6cocalhost/",
    "http://①②⑦.⓪.⓪.①/", "http://１２７.０.０.１/", "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
    "http://127.0.0.1\u00ad/", "http://local\u200bhost/", "http://exa mple.example/",
    "http://feeds.example\t/", "http://feeds.example\n/", "http://fee\rds.example/",
    "http://feeds.example/\r\nHost: other", "http://feeds..example/",
    "http://.feeds.example/", "http://-feeds.example/", "http://feeds.example,other/",
    "http://feeds.example;other/", "http://feeds$.example/", "http://'feeds'.example/",
    "http://" + "a" * 64 + ".example/", "http://" + "a." * 130 + "example/",
    "http://feeds.example/" + "x" * MAX_URL,
]  # fmt: skip

V4_REFUSED = V4_EDGES + V4_NAMED
HIDDEN = [
    form(int(IPv4Address(text)))
    for text in V4_REFUSED
    for form in (
        lambda n: str(ip_address(0xFFFF << 32 | n)),  # ::ffff:a.b.c.d
        lambda n: str(ip_address(0x64FF9B << 96 | n)),  # NAT64
        lambda n: str(ip_address(0x2002 << 112 | n << 80)),  # 6to4
        lambda n: str(ip_address(n + (1 << 120))),  # ::a.b.c.d, not :: itself
    )
]


def test_there_are_more_than_300_vectors():
    vectors = {*V4_REFUSED, *V6, *HIDDEN, *NUMBERS, *NAMES, *MALFORMED}
    assert len(vectors) >= 300


@pytest.mark.parametrize("text", V4_REFUSED + V6 + HIDDEN)
def test_an_address_that_is_no_public_host_is_refused(text):
    # By our own table: what Python knows of addresses differs between its versions.
    assert why_not(ip_address(text)) not in {None, "nothing public"}
    host = f"[{text}]" if ":" in text else text
    for url in (f"http://{host}/", f"https://{host}:443/x", f"http://{host}:80"):
        with pytest.raises(RefusedAddress, match="not a public address"):
            destination(url)


@pytest.mark.parametrize("host", NUMBERS)
def test_a_number_is_not_a_host_name(host):
    with pytest.raises((BadAddress, RefusedAddress)):
        destination(f"http://{host}/")


@pytest.mark.parametrize("host", NAMES)
def test_a_name_inside_a_network_is_refused(host):
    with pytest.raises((BadAddress, RefusedAddress)):
        destination(f"http://{host}/")


@pytest.mark.parametrize("url", MALFORMED)
def test_what_is_not_a_url_we_fetch_is_refused(url):
    with pytest.raises((BadAddress, RefusedAddress)):
        destination(url)


@pytest.mark.parametrize("network_edge", range(0, len(V4_EDGES), 2))
def test_the_neighbours_of_a_refused_range_are_judged_on_their_own(network_edge):
    first, last = (
        int(IPv4Address(a)) for a in V4_EDGES[network_edge : network_edge + 2]
    )
    refused = {
        n
        for i in range(0, len(V4_EDGES), 2)
        for n in (int(IPv4Address(V4_EDGES[i])), int(IPv4Address(V4_EDGES[i + 1])))
    }
    for n in (first - 1, last + 1):
        if 0 < n < 2**32 and n not in refused:
            assert why_not(IPv4Address(n)) is None, IPv4Address(n)


@pytest.mark.parametrize(
    "text",
    "1.1.1.1 8.8.8.8 93.184.216.34 9.255.255.255 11.0.0.0 172.15.255.255 172.32.0.0"
    " 192.0.1.1 198.17.255.255 198.20.0.0 223.255.255.255 2606:4700:4700::1111"
    " 2001:4860:4860::8888 2a00:1450:4001::1 2000::1 2001:200::1 2003::1 3ffe::1".split(),
)
def test_a_public_address_is_reached(text):
    assert why_not(ip_address(text)) is None
    host = f"[{text}]" if ":" in text else text
    assert destination(f"https://{host}/").host == text


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("http://feeds.example/a?b=c", "feeds.example"),
        ("HTTP://Feeds.Example:80/", "feeds.example"),
        ("https://feeds.example:443/", "feeds.example"),
        ("https://feeds.example:80/", "feeds.example:80"),
        ("http://feeds.example./", "feeds.example"),
        ("http://münchen.example/ü", "xn--mnchen-3ya.example"),
        ("http://feeds。example/", "feeds.example"),
        ("  https://feeds.example/  ", "feeds.example"),
        ("http://1.example/", "1.example"),
        ("http://a_b.example/", "a_b.example"),
        ("http://[2606:4700:4700::1111]/", "[2606:4700:4700::1111]"),
    ],
)
def test_a_proper_address_passes_and_keeps_its_name(url, authority):
    assert destination(url).authority == authority


def test_what_the_operator_allows_is_reached_at_that_port_alone():
    allow = {"127.0.0.1:8101", "[::1]:8101", "wire.internal"}
    assert destination("http://127.0.0.1:8101/", allow=allow).allowed
    assert destination("http://[::1]:8101/", allow=allow).allowed
    assert destination("http://wire.internal:9999/", allow=allow).allowed
    for url in (
        "http://127.0.0.1/",
        "http://127.0.0.1:8102/",
        "http://127.0.0.2:8101/",
        "http://localhost:8101/",
        "http://2130706433:8101/",
        "http://[::ffff:127.0.0.1]:8101/",
        "http://other.internal:9999/",
    ):
        with pytest.raises(FetchError):
            destination(url, allow=allow)


def test_a_parsed_url_is_checked_like_a_typed_one():
    with pytest.raises(RefusedAddress):
        destination(httpx2.URL("http://10.0.0.1/"))
