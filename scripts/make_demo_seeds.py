#!/usr/bin/env python3
"""Generate the seeds of the demo project (a Japanese online shop, all fictional).

The output is deterministic: fixed random seed, fixed dates, standard library only.

    python3 scripts/make_demo_seeds.py            # writes seeds/shop/*.csv and seeds/mail/*.csv
    python3 scripts/make_demo_seeds.py --out DIR  # writes them elsewhere

The data are deliberately untidy, as such data are: cancellations that come days or
weeks after the order, members who left, events sent twice, blanks, full-width
characters, three different notations of time, orders of guests.
"""
from __future__ import annotations

import argparse
import bisect
import csv
import random
from datetime import date, datetime, timedelta
from pathlib import Path

SEED = 20260331
START = datetime(2025, 1, 1)            # first day of the history, JST
END = datetime(2026, 3, 31, 23, 59, 59)  # last order, JST (= var as_of_date)
EXTRACTED = datetime(2026, 4, 20, 4, 0, 0)  # day of the extract, JST: late cancellations
JST = timedelta(hours=9)

N_MEMBERS = 2400
N_ITEMS = 420
N_ORDERS = 7000
N_FAVOURITES = 5600

rnd = random.Random(SEED)


# --------------------------------------------------------------------------- helpers
def utc(ts: datetime) -> str:
    """The shop's database stores UTC without a zone."""
    return (ts - JST).strftime("%Y-%m-%d %H:%M:%S")


def jst(ts: datetime) -> str:
    """The mail vendor hands over local time with slashes."""
    return ts.strftime("%Y/%m/%d %H:%M:%S")


def epoch(ts: datetime) -> int:
    """The click tracker hands over epoch seconds."""
    return int((ts - JST - datetime(1970, 1, 1)).total_seconds())


def shop_time(day: datetime) -> datetime:
    """A moment of the day at which Japanese customers buy: noon and late evening."""
    hour = rnd.choices(
        range(24),
        weights=[6, 3, 1, 1, 1, 1, 2, 4, 5, 5, 6, 6, 9, 7, 5, 5, 5, 6, 7, 9, 12, 14, 14, 10],
    )[0]
    return day.replace(hour=hour, minute=rnd.randrange(60), second=rnd.randrange(60))


def random_day(lo: datetime, hi: datetime) -> datetime:
    days = max((hi - lo).days, 0)
    return datetime(lo.year, lo.month, lo.day) + timedelta(days=rnd.randint(0, days))


def fullwidth(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def write(path: Path, header: list[str], rows: list[list]) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow(header)
        w.writerows([["" if v is None else v for v in r] for r in rows])
    return len(rows)


# --------------------------------------------------------------------------- vocabulary
PREFECTURES = [
    ("北海道", "北海道"), ("青森県", "東北"), ("岩手県", "東北"), ("宮城県", "東北"), ("秋田県", "東北"),
    ("山形県", "東北"), ("福島県", "東北"), ("茨城県", "関東"), ("栃木県", "関東"), ("群馬県", "関東"),
    ("埼玉県", "関東"), ("千葉県", "関東"), ("東京都", "関東"), ("神奈川県", "関東"), ("新潟県", "中部"),
    ("富山県", "中部"), ("石川県", "中部"), ("福井県", "中部"), ("山梨県", "中部"), ("長野県", "中部"),
    ("岐阜県", "中部"), ("静岡県", "中部"), ("愛知県", "中部"), ("三重県", "近畿"), ("滋賀県", "近畿"),
    ("京都府", "近畿"), ("大阪府", "近畿"), ("兵庫県", "近畿"), ("奈良県", "近畿"), ("和歌山県", "近畿"),
    ("鳥取県", "中国"), ("島根県", "中国"), ("岡山県", "中国"), ("広島県", "中国"), ("山口県", "中国"),
    ("徳島県", "四国"), ("香川県", "四国"), ("愛媛県", "四国"), ("高知県", "四国"), ("福岡県", "九州沖縄"),
    ("佐賀県", "九州沖縄"), ("長崎県", "九州沖縄"), ("熊本県", "九州沖縄"), ("大分県", "九州沖縄"),
    ("宮崎県", "九州沖縄"), ("鹿児島県", "九州沖縄"), ("沖縄県", "九州沖縄"),
]
PREF_WEIGHT = [5, 1, 1, 2, 1, 1, 2, 3, 2, 2, 7, 6, 14, 9, 2, 1, 1, 1, 1, 2, 2, 4, 8, 2, 1, 3, 9, 5, 1,
               1, 1, 1, 2, 3, 1, 1, 1, 1, 1, 5, 1, 1, 2, 1, 1, 2, 1]

SURNAMES = [
    ("佐藤", "サトウ", "sato"), ("鈴木", "スズキ", "suzuki"), ("高橋", "タカハシ", "takahashi"),
    ("田中", "タナカ", "tanaka"), ("伊藤", "イトウ", "ito"), ("渡辺", "ワタナベ", "watanabe"),
    ("渡邊", "ワタナベ", "watanabe"), ("山本", "ヤマモト", "yamamoto"), ("中村", "ナカムラ", "nakamura"),
    ("小林", "コバヤシ", "kobayashi"), ("加藤", "カトウ", "kato"), ("吉田", "ヨシダ", "yoshida"),
    ("山田", "ヤマダ", "yamada"), ("佐々木", "ササキ", "sasaki"), ("山口", "ヤマグチ", "yamaguchi"),
    ("松本", "マツモト", "matsumoto"), ("井上", "イノウエ", "inoue"), ("木村", "キムラ", "kimura"),
    ("林", "ハヤシ", "hayashi"), ("斎藤", "サイトウ", "saito"), ("齋藤", "サイトウ", "saito"),
    ("清水", "シミズ", "shimizu"), ("山崎", "ヤマザキ", "yamazaki"), ("森", "モリ", "mori"),
    ("池田", "イケダ", "ikeda"), ("橋本", "ハシモト", "hashimoto"), ("阿部", "アベ", "abe"),
    ("石川", "イシカワ", "ishikawa"), ("前田", "マエダ", "maeda"), ("藤田", "フジタ", "fujita"),
    ("小川", "オガワ", "ogawa"), ("岡田", "オカダ", "okada"), ("後藤", "ゴトウ", "goto"),
    ("長谷川", "ハセガワ", "hasegawa"), ("村上", "ムラカミ", "murakami"), ("近藤", "コンドウ", "kondo"),
    ("髙田", "タカダ", "takada"), ("五十嵐", "イガラシ", "igarashi"), ("金城", "キンジョウ", "kinjo"),
    ("東海林", "ショウジ", "shoji"),
]
GIVEN = [
    ("陽菜", "ヒナ", "hina", 2), ("葵", "アオイ", "aoi", 2), ("結衣", "ユイ", "yui", 2), ("美咲", "ミサキ", "misaki", 2),
    ("さくら", "サクラ", "sakura", 2), ("愛", "アイ", "ai", 2), ("由美子", "ユミコ", "yumiko", 2), ("真理", "マリ", "mari", 2),
    ("千尋", "チヒロ", "chihiro", 2), ("久美", "クミ", "kumi", 2), ("恵子", "ケイコ", "keiko", 2), ("彩", "アヤ", "aya", 2),
    ("麻衣", "マイ", "mai", 2), ("里奈", "リナ", "rina", 2), ("明日香", "アスカ", "asuka", 2), ("菜々子", "ナナコ", "nanako", 2),
    ("蓮", "レン", "ren", 1), ("大翔", "ヒロト", "hiroto", 1), ("翔太", "ショウタ", "shota", 1), ("健", "ケン", "ken", 1),
    ("拓也", "タクヤ", "takuya", 1), ("直樹", "ナオキ", "naoki", 1), ("誠", "マコト", "makoto", 1), ("隆", "タカシ", "takashi", 1),
    ("浩一", "コウイチ", "koichi", 1), ("悠真", "ユウマ", "yuma", 1), ("湊", "ミナト", "minato", 1), ("剛", "ツヨシ", "tsuyoshi", 1),
    ("薫", "カオル", "kaoru", 0), ("光", "ヒカル", "hikaru", 0),
]
HALF_KANA = str.maketrans({
    "ア": "ｱ", "イ": "ｲ", "ウ": "ｳ", "エ": "ｴ", "オ": "ｵ", "カ": "ｶ", "キ": "ｷ", "ク": "ｸ", "ケ": "ｹ", "コ": "ｺ",
    "サ": "ｻ", "シ": "ｼ", "ス": "ｽ", "セ": "ｾ", "ソ": "ｿ", "タ": "ﾀ", "チ": "ﾁ", "ツ": "ﾂ", "テ": "ﾃ", "ト": "ﾄ",
    "ナ": "ﾅ", "ニ": "ﾆ", "ヌ": "ﾇ", "ネ": "ﾈ", "ノ": "ﾉ", "ハ": "ﾊ", "ヒ": "ﾋ", "フ": "ﾌ", "ヘ": "ﾍ", "ホ": "ﾎ",
    "マ": "ﾏ", "ミ": "ﾐ", "ム": "ﾑ", "メ": "ﾒ", "モ": "ﾓ", "ヤ": "ﾔ", "ユ": "ﾕ", "ヨ": "ﾖ", "ラ": "ﾗ", "リ": "ﾘ",
    "ル": "ﾙ", "レ": "ﾚ", "ロ": "ﾛ", "ワ": "ﾜ", "ン": "ﾝ", "ョ": "ｮ", "ュ": "ｭ",
})

BRANDS = [  # name, kana, country
    ("ヤマト工房、京都", "ヤマトコウボウキョウト", "JP"), ("リトル\"ベア\"", "リトルベア", "JP"),
    ("Café, et Thé", "カフェエテ", "FR"), ("O'hara & Sons", "オハラアンドサンズ", "GB"), ("和の音", "ワノオト", "JP"),
    ("北欧,暮らし", "ホクオウクラシ", "SE"), ("ＭＯＲＩ　ＦＡＣＴＯＲＹ", "モリファクトリー", "JP"), ("つむぎ", "ツムギ", "JP"),
    ("Blanc et Noir", "ブランエノワール", "FR"), ("木と布", "キトヌノ", "JP"), ("ひだまり堂", "ヒダマリドウ", "JP"),
    ("SORA.", "ソラ", "JP"), ("きなり", "キナリ", "JP"), ("Nord/Syd", "ノールシード", "DK"), ("ゆらぎ", "ユラギ", "JP"),
    ("藍屋", "アイヤ", "JP"), ("Lemon & Co.", "レモンアンドコー", "US"), ("さざなみ", "サザナミ", "JP"),
    ("こもれび♪", "コモレビ", "JP"), ("TOKYO \"NEO\", LTD.", "トウキョウネオ", "JP"), ("百草", "モモクサ", "JP"),
    ("Atelier Été", "アトリエエテ", "FR"), ("瀬戸ノ島", "セトノシマ", "JP"), ("うつわ日和", "ウツワビヨリ", "JP"),
    ("しろくま商店", "シロクマショウテン", "JP"), ("茶々園", "チャチャエン", "JP"), ("蔵出し本舗", "クラダシホンポ", "JP"),
    ("  とまり木 ", "トマリギ", "JP"), ("Grün", "グリューン", "DE"), ("雪の下", "ユキノシタ", "JP"),
    ("ノーブランド", None, None), ("ａｎｄ　ｙｏｕ", "アンドユー", "JP"),
]

# id, parent, name, tax class (1 = 10 %, 2 = 8 %), price range
CATEGORIES = [
    (10, None, "ファッション", None, None), (20, None, "生活雑貨", None, None),
    (30, None, "食品・飲料", None, None), (40, None, "美容・健康", None, None),
    (110, 10, "レディース", None, None), (120, 10, "メンズ", None, None), (130, 10, "バッグ・小物", 1, (1800, 24000)),
    (210, 20, "キッチン", None, None), (220, 20, "インテリア", None, None), (230, 20, "文具・紙もの", 1, (350, 4200)),
    (310, 30, "お茶・珈琲", 2, (600, 5400)), (320, 30, "お菓子", 2, (380, 4800)), (330, 30, "お酒", 1, (1200, 9800)),
    (410, 40, "スキンケア", 1, (980, 12800)), (420, 40, "入浴剤", 1, (300, 3200)),
    (1110, 110, "トップス", 1, (2900, 15800)), (1120, 110, "ワンピース", 1, (5900, 28000)),
    (1130, 110, "ボトムス", 1, (3900, 18000)), (1210, 120, "シャツ", 1, (3900, 16800)),
    (1220, 120, "アウター", 1, (9800, 49800)), (2110, 210, "うつわ", 1, (800, 9800)),
    (2120, 210, "調理道具", 1, (900, 16800)), (2210, 220, "照明", 1, (3900, 39800)),
    (2220, 220, "ファブリック", 1, (1500, 19800)),
]
ADJ = ["春色", "あったか", "洗える", "ふんわり", "手仕事の", "極上", "定番", "限定", "軽やか", "職人の", "毎日の", "ご褒美", "大人の", "北の"]
NOUN = {
    130: ["トートバッグ", "がま口財布", "ショルダーバッグ", "ストール"], 230: ["便箋セット", "マスキングテープ", "手帳", "祝儀袋"],
    310: ["煎茶", "ほうじ茶", "深煎り珈琲豆", "和紅茶"], 320: ["焼き菓子アソート", "最中", "チョコレート", "おかき"],
    330: ["純米吟醸", "梅酒", "クラフトビール6本", "白ワイン"], 410: ["化粧水", "保湿クリーム", "美容液", "日焼け止め"],
    420: ["薬用入浴剤", "バスソルト"], 1110: ["カーディガン", "ブラウス", "ニット", "カットソー"],
    1120: ["リネンワンピース", "シャツワンピース"], 1130: ["テーパードパンツ", "プリーツスカート"],
    1210: ["オックスフォードシャツ", "ポロシャツ"], 1220: ["ダウンジャケット", "トレンチコート", "マウンテンパーカ"],
    2110: ["飯碗", "マグカップ", "大皿", "箸置き5個組"], 2120: ["土鍋", "鉄フライパン", "まな板", "菜箸"],
    2210: ["ペンダントライト", "テーブルランプ"], 2220: ["クッションカバー", "ラグ", "ブランケット", "カーテン"],
}
EMOJI = ["🌸", "✨", "🎁", "🍵", "❄️", "🐻"]


# --------------------------------------------------------------------------- items and prices
def make_items():
    leaves = [c for c in CATEGORIES if c[4]]
    items, prices = [], []
    for i in range(N_ITEMS):
        cat = rnd.choice(leaves)
        brand = rnd.randint(1, len(BRANDS))
        lo, hi = cat[4]
        base = int(round(lo * (hi / lo) ** rnd.betavariate(1.6, 2.6), -1))
        base = base // 100 * 100 + rnd.choice([0, 0, 50, 80, 80, 90])
        base = max(base, lo)
        name = rnd.choice(ADJ) + rnd.choice(NOUN[cat[0]])
        if rnd.random() < 0.12:
            name += rnd.choice(EMOJI)
        if rnd.random() < 0.08:
            name = "【数量限定】" + name
        if rnd.random() < 0.06:
            name = name + "　" + fullwidth(rnd.choice(["A4", "M", "L", "300ml", "2026"]))
        if rnd.random() < 0.02:
            name = " " + name + "　"
        released = START - timedelta(days=rnd.randint(10, 700)) if rnd.random() < 0.72 else random_day(
            START, datetime(2026, 2, 20))
        items.append(dict(id=10001 + i, name=name, brand=None if rnd.random() < 0.01 else brand, cat=cat[0],
                          tax=cat[3], base=base, released=released, pop=rnd.lognormvariate(0, 1.0)))
    # price changes: list price first, sales come and go
    sales = [  # season sales: start, end
        (datetime(2025, 1, 2), datetime(2025, 1, 13)), (datetime(2025, 3, 14), datetime(2025, 3, 24)),
        (datetime(2025, 6, 20), datetime(2025, 7, 13)), (datetime(2025, 9, 12), datetime(2025, 9, 23)),
        (datetime(2025, 11, 21), datetime(2025, 12, 1)), (datetime(2026, 1, 2), datetime(2026, 1, 12)),
        (datetime(2026, 3, 20), datetime(2026, 4, 6)),
    ]
    for it in items:
        first = max(it["released"], START - timedelta(days=60))
        changes = [(first.replace(hour=0), it["base"], 1)]
        current = it["base"]
        for s, e in sales:
            if s < it["released"] + timedelta(days=21):
                continue
            if rnd.random() < 0.06:  # the list price itself is revised in between
                d = s - timedelta(days=rnd.randint(8, 15))
                current = int(round(current * rnd.choice([1.05, 1.08, 1.1, 0.95]), -1))
                changes.append((d.replace(hour=10), current, 2))
            if rnd.random() < (0.42 if s.year == 2026 and s.month == 3 else 0.33):
                start = s + timedelta(days=rnd.choice([0, 0, 0, 1, 3]))
                changes.append((start.replace(hour=0), int(round(current * rnd.choice([0.95, 0.9, 0.85, 0.8, 0.7, 0.5]), -1)), 3))
                if e < END:
                    changes.append((e.replace(hour=23, minute=59), current, 4))
                elif rnd.random() < 0.05:  # a sale that ended early, inside the period
                    changes.append((datetime(2026, 3, 29, 23, 59), current, 4))
        if rnd.random() < 0.05:
            d = random_day(datetime(2026, 2, 1), datetime(2026, 3, 12)).replace(hour=10)
            if d > it["released"]:
                changes.append((d, int(round(current * 0.6, -1)), 5))
        changes.sort(key=lambda c: c[0])
        it["changes"] = changes
        it["times"] = [c[0] for c in changes]
        for t, p, r in changes:
            prices.append([t, it["id"], p, r])
    prices.sort(key=lambda p: (p[0], p[1]))
    return items, prices


def price_at(it, ts):
    i = bisect.bisect_right(it["times"], ts) - 1
    return it["changes"][max(i, 0)][1]


def pick_item(items, cum, ts):
    """Popular items more often; items on sale more often still; none before its release."""
    while True:
        it = items[bisect.bisect_left(cum, rnd.random() * cum[-1])]
        if it["released"] > ts:
            continue
        if price_at(it, ts) >= it["base"] and rnd.random() < 0.35:
            continue
        return it


# --------------------------------------------------------------------------- members
def make_members():
    members = []
    for i in range(N_MEMBERS):
        sur, giv = rnd.choice(SURNAMES), rnd.choice(GIVEN)
        reg = START - timedelta(days=rnd.randint(1, 900)) if rnd.random() < 0.62 else random_day(START, END)
        reg = min(shop_time(reg), END)
        status = rnd.choices([1, 2, 9], weights=[88, 4, 8])[0]
        left = None
        if status == 9:
            lo = max(reg + timedelta(days=3), START)
            left = shop_time(random_day(lo, max(END - timedelta(days=1), lo)))
            if left > END:
                status, left = 1, None
        born = date(rnd.choices([1948, 1958, 1968, 1978, 1988, 1998], weights=[4, 12, 24, 28, 22, 10])[0]
                    + rnd.randrange(10), rnd.randint(1, 12), rnd.randint(1, 28))
        r = rnd.random()
        birth = None if r < 0.09 else ("1900-01-01" if r < 0.11 else born.isoformat())
        domain = rnd.choice(["example.jp", "example.com", "mail.example.jp", "mobile.example.ne.jp"])
        mail = f"{giv[2]}.{sur[2]}.{i + 1:04d}@{domain}"
        r = rnd.random()
        if r < 0.03:
            mail = mail.upper()
        elif r < 0.05:
            mail = mail + " "
        elif r < 0.06:
            mail = mail.replace("@", "＠")
        elif r < 0.068:
            mail = mail.replace("@", "")
        elif r < 0.073:
            mail = "　"
        last, first, lk, fk = sur[0], giv[0], sur[1], giv[1]
        r = rnd.random()
        if r < 0.06:
            lk, fk = lk.translate(HALF_KANA), fk.translate(HALF_KANA)
        elif r < 0.09:
            lk, fk = None, None
        elif r < 0.11:
            last, first = last + "　", " " + first
        elif r < 0.115:
            first = "　"
        if status == 9 and left < END - timedelta(days=90):  # personal data are erased after 90 days
            last = first = lk = fk = mail = None
            birth = None
        pref = rnd.choices(range(1, 48), weights=PREF_WEIGHT)[0]
        r = rnd.random()
        pref_code = None if r < 0.04 else ("99" if r < 0.045 else f"{pref:02d}")
        zipc = f"{rnd.randint(1, 999):03d}-{rnd.randint(0, 9999):04d}"
        if rnd.random() < 0.1:
            zipc = fullwidth(zipc)
        activity = 0.0 if rnd.random() < 0.22 else rnd.lognormvariate(0, 1.1)
        # most buyers stop coming some day, without leaving
        buys_until = END + timedelta(days=1) if rnd.random() < 0.35 else (
            max(reg, START - timedelta(days=120)) + timedelta(days=rnd.expovariate(1 / 320)))
        gender = giv[3] if rnd.random() < 0.9 else 9
        members.append(dict(
            id=i + 1, reg=reg, status=status, left=left, activity=activity, optin=rnd.random() < 0.83,
            buys_until=buys_until, bad_mail=rnd.random() < 0.008, opener=rnd.betavariate(1.6, 4.4), mpp=rnd.random() < 0.12,
            row=[i + 1, last, first, lk, fk, gender, birth, mail, zipc, pref_code, status,
                 rnd.choices([1, 2, 3], weights=[3, 5, 2])[0], utc(reg), utc(left) if left else None]))
    return members


def alive(m, ts):
    return m["reg"] <= ts and (m["left"] is None or m["left"] > ts)


# --------------------------------------------------------------------------- the mails
def make_mail(members):
    campaigns, deliveries, events, click_orders = [], [], [], []
    mass = {  # by month: the themes of the mass mails
        1: ["初売り・福袋", "冬のあったか特集"], 2: ["バレンタイン特集", "ひな祭りの食卓"], 3: ["春の新生活特集", "新茶の予約開始"],
        4: ["母の日ギフト早割", "新着ブランドのご紹介"], 5: ["初夏のリネン特集", "うつわ市"], 6: ["父の日のお酒", "夏のクリアランス"],
        7: ["夏のクリアランス 最終", "お中元"], 8: ["お茶の時間フェア", "残暑のごほうび"], 9: ["秋のうつわ市", "敬老の日ギフト"],
        10: ["衣替え特集", "秋の夜長と珈琲"], 11: ["ブラックフライデー", "冬支度"], 12: ["クリスマスギフト", "年末のご挨拶"],
    }
    n = 0

    def add(name, subject, mail_type, day, hour):
        nonlocal n
        n += 1
        campaigns.append(dict(code=f"C{day:%y%m}-{n:03d}", name=name, subject=subject, type=mail_type,
                              at=day.replace(hour=hour)))

    day = datetime(2025, 1, 10)
    k = 0
    while day <= datetime(2026, 3, 27):
        kind = k % 3
        if kind == 0:
            t = mass[day.month][0 if day.day <= 15 else 1]
            add(t, f"【全員】{t}がはじまりました{rnd.choice(EMOJI)}", 1, day, 10)
        elif kind == 1:
            add("お気に入り値下げのお知らせ", "{{姓}}様、お気に入りの商品が値下げしました🎉", 2, day, 19)
        else:
            add("またのご来店をお待ちしています", "最近お見かけしませんね、と店長より", 3, day, 20)
        k += 1
        day += timedelta(days=rnd.choice([7, 8, 9]))
    add("価格見直しのお知らせ(一斉)", "【値下げ】人気商品の価格を見直しました", 1, datetime(2026, 3, 26), 12)
    add("週末限定クーポン", "【3/28〜29】週末限定クーポンをお届けします🎁", 1, datetime(2026, 3, 28), 9)
    add("テスト配信", "　", 1, datetime(2025, 5, 19), 3)

    event_id, delivery_id = 0, 0
    for c in campaigns:
        pool = [m for m in members if alive(m, c["at"]) and m["optin"]
                and c["type"] not in {t for t, _ in m.get("stopped", [])}]
        size = {1: 430, 2: 260, 3: 170}[c["type"]]
        if c["name"] == "テスト配信":
            size = 3
        targets = sorted(rnd.sample(pool, min(size, len(pool))), key=lambda m: m["id"])
        for m in targets:
            delivery_id += 1
            sent = c["at"] + timedelta(seconds=rnd.randint(0, 1500))
            result = 1 if m["bad_mail"] else rnd.choices([0, 2, 3], weights=[97.4, 1.8, 0.8])[0]
            row = [f"D{delivery_id:06d}", c["code"], m["id"], jst(sent), result]
            deliveries.append(row)
            if rnd.random() < 0.012:  # the vendor sends the record again, some seconds later
                deliveries.append([row[0], row[1], row[2], jst(sent + timedelta(seconds=rnd.randint(1, 90))), row[4]])
            if result != 0:
                continue
            lift = {1: 0.85, 2: 1.55, 3: 0.7}[c["type"]]
            out = []
            if m["mpp"]:
                out.append((1, sent + timedelta(seconds=rnd.randint(1, 20)), 9, None))
            if rnd.random() < min(m["opener"] * lift, 0.95):
                opened = sent + timedelta(minutes=int(rnd.expovariate(1 / 260)) + 1)
                dev = rnd.choices([1, 2, 3, 0], weights=[24, 58, 15, 3])[0]
                for j in range(rnd.choices([1, 2, 3], weights=[80, 15, 5])[0]):
                    out.append((1, opened + timedelta(hours=3 * j), dev, None))
                if rnd.random() < 0.17 * lift:
                    clicked = opened + timedelta(seconds=rnd.randint(8, 240))
                    out.append((2, clicked, dev, f"https://shop.example.jp/lp/{c['code'].lower()}?m={m['id']}"))
                    if rnd.random() < 0.25:
                        out.append((2, clicked + timedelta(minutes=7), dev, "https://shop.example.jp/items/"
                                    + str(10001 + rnd.randrange(N_ITEMS))))
                    if rnd.random() < 0.14:
                        click_orders.append((m, clicked + timedelta(minutes=int(rnd.expovariate(1 / 500)) + 2)))
                if rnd.random() < 0.006:
                    out.append((3, opened + timedelta(minutes=1), dev, None))
                    m.setdefault("stopped", []).append((c["type"], opened + timedelta(minutes=1)))
                if rnd.random() < 0.001:
                    out.append((4, opened + timedelta(minutes=2), dev, None))
            for typ, at, dev, url in out:
                event_id += 1
                ev = [f"E{event_id:07d}", row[0], typ, epoch(at), dev, url]
                events.append(ev)
                if rnd.random() < 0.03:
                    events.append(list(ev))
    events.sort(key=lambda e: (e[3], e[0]))
    return campaigns, deliveries, events, click_orders


# --------------------------------------------------------------------------- orders
COUPONS = [  # code, name, type (1 = yen, 2 = per cent), value, minimum, from, to
    ("WELCOME500", "はじめてのお買い物500円OFF", 1, 500, 3000, "2025-01-01", "2026-12-31"),
    ("SPRING10", "春の10%OFF", 2, 10, 5000, "2025-03-14", "2025-04-30"),
    ("MOTHER800", "母の日800円OFF", 1, 800, 6000, "2025-04-20", "2025-05-12"),
    ("SUMMER15", "夏の15%OFF", 2, 15, 8000, "2025-06-20", "2025-07-31"),
    ("TEA300", "お茶の時間300円OFF", 1, 300, 2000, "2025-08-01", "2025-10-31"),
    ("BF2025", "ブラックフライデー12%OFF", 2, 12, 5000, "2025-11-21", "2025-12-01"),
    ("FUKU1000", "初売り1,000円OFF", 1, 1000, 10000, "2026-01-02", "2026-01-12"),
    ("VALENTINE5", "バレンタイン5%OFF", 2, 5, None, "2026-01-25", "2026-02-15"),
    ("SPRING26", "新生活応援10%OFF", 2, 10, 5000, "2026-03-01", "2026-04-15"),
    ("VIP2000", "優良会員様 2,000円OFF", 1, 2000, 15000, "2025-01-01", "2026-12-31"),
]


def make_orders(members, items, click_orders):
    cum, s = [], 0.0
    for it in items:
        s += it["pop"]
        cum.append(s)
    buyers = [m for m in members if m["activity"] > 0]
    mcum, s = [], 0.0
    for m in buyers:
        s += m["activity"]
        mcum.append(s)
    drafts = []
    for m, ts in click_orders:
        if ts <= END and alive(m, ts):
            drafts.append((ts, m["id"]))
    days = (END - START).days + 1
    weights = []
    for d in range(days):
        day = START + timedelta(days=d)
        w = 1.0 + 0.0002 * d
        w *= {5: 1.25, 6: 1.35}.get(day.weekday(), 1.0)
        w *= {11: 1.25, 12: 1.4, 1: 1.1, 2: 0.85, 8: 0.85}.get(day.month, 1.0)
        if day.day in (25, 26):
            w *= 1.2  # pay day
        weights.append(w)
    wcum = []
    s = 0.0
    for w in weights:
        s += w
        wcum.append(s)
    while len(drafts) < N_ORDERS:
        ts = shop_time(START + timedelta(days=bisect.bisect_left(wcum, rnd.random() * s)))
        r = rnd.random()
        if r < 0.05:
            drafts.append((ts, None))                             # guest
        elif r < 0.054:
            drafts.append((ts, 900000 + rnd.randint(1, 40)))       # a member nobody knows any more
        else:
            m = buyers[bisect.bisect_left(mcum, rnd.random() * mcum[-1])]
            if alive(m, ts) and ts <= m["buys_until"]:
                drafts.append((ts, m["id"]))
    drafts.sort(key=lambda d: (d[0], d[1] or 0))
    orders, lines, cancels = [], [], []
    seen = set()
    for i, (ts, mid) in enumerate(drafts):
        oid = 500001 + i
        n_lines = rnd.choices([1, 2, 3, 4, 5], weights=[46, 27, 15, 8, 4])[0]
        got, total, my = set(), 0, []
        for no in range(1, n_lines + 1):
            it = pick_item(items, cum, ts)
            if it["id"] in got:
                continue
            got.add(it["id"])
            qty = rnd.choices([1, 2, 3, 4, 6], weights=[76, 15, 5, 3, 1])[0]
            p = price_at(it, ts)
            my.append([oid, len(my) + 1, it["id"], qty, p, it["tax"]])
            total += qty * p
        coupon = None
        ok = [c for c in COUPONS if c[5] <= ts.date().isoformat() <= c[6] and total >= (c[4] or 0)
              and (c[0] != "WELCOME500" or mid not in seen) and (c[0] != "VIP2000" or (mid or 1) % 17 == 0)]
        if mid and ok and rnd.random() < 0.2:
            coupon = rnd.choice(ok)[0]
            r = rnd.random()
            if r < 0.05:
                coupon = coupon.lower()
            elif r < 0.08:
                coupon = fullwidth(coupon)
            elif r < 0.09:
                coupon = "XMAS-OLD"                                # expired, unknown to the master
        seen.add(mid)
        device = rnd.choices([1, 2, 3, 0], weights=[27, 50, 21, 2])[0]
        age = (EXTRACTED - ts).days
        status = 3 if age > 12 else (2 if age > 3 else 1)
        if ts > END - timedelta(days=2) and rnd.random() < 0.4:
            status = 1
        r = rnd.random()
        # whole order cancelled: half of them quickly, the others up to six weeks later
        if r < 0.05:
            lag = rnd.choices([rnd.uniform(0.02, 1), rnd.uniform(1, 7), rnd.uniform(7, 45)], weights=[45, 30, 25])[0]
            at = ts + timedelta(days=lag)
            if at < EXTRACTED:
                status = 9
                reason = rnd.choices([1, 2, 3], weights=[6, 3, 1])[0]
                cancels.append([at, oid, None, None, reason])
                if rnd.random() < 0.06:                            # the same cancellation, sent twice
                    cancels.append([at + timedelta(minutes=rnd.randint(1, 30)), oid, None, None, reason])
        elif r < 0.085:
            ln = rnd.choice(my)
            at = ts + timedelta(days=rnd.uniform(2, 40))
            if at < EXTRACTED:
                cancels.append([at, oid, ln[1], rnd.randint(1, ln[3]), rnd.choices([2, 4, 5], weights=[2, 5, 3])[0]])
        free = total >= 5500
        points = rnd.choice([0] * 8 + [100, 300, 500]) if mid else 0
        memo = None
        r = rnd.random()
        if r < 0.02:
            memo = rnd.choice(["不在時は宅配ボックスへ", "熨斗（のし）希望", "領収書, 宛名は\"上様\"で", "ギフト包装お願いします🎁"])
        elif r < 0.05:
            memo = rnd.choice([" ", "　", "なし"])
        orders.append([oid, mid, utc(ts), status, device, coupon, 0 if free else 550, points, memo])
        lines.extend(my)
    cancels.sort(key=lambda c: (c[0], c[1]))
    return orders, lines, [[7001 + i, c[1], c[2], c[3], utc(c[0]), c[4]] for i, c in enumerate(cancels)]


def make_favourites(members, items):
    cum, s = [], 0.0
    for it in items:
        s += it["pop"]
        cum.append(s)
    fans = [m for m in members]
    weights = [0.3 + m["activity"] for m in fans]
    rows, keys = [], set()
    chosen = rnd.choices(fans, weights=weights, k=N_FAVOURITES)
    for m in chosen:
        lo = max(m["reg"], START)
        hi = m["left"] or END
        if lo >= hi:
            continue
        ts = shop_time(random_day(lo, hi))
        if not (lo <= ts <= hi):
            continue
        it = items[bisect.bisect_left(cum, rnd.random() * cum[-1])]
        if it["released"] > ts:
            continue
        removed = None
        if rnd.random() < 0.18:
            removed = ts + timedelta(days=rnd.uniform(0.01, 120))
            removed = removed if removed < END else None
        # the same heart pressed again, while the old one still beats: a second row
        rows.append([ts, m["id"], it["id"], removed])
        keys.add((m["id"], it["id"]))
        if rnd.random() < 0.02:
            rows.append([ts + timedelta(seconds=1), m["id"], it["id"], removed])
    rows.sort(key=lambda r: (r[0], r[1], r[2]))
    return [[i + 1, r[1], r[2], utc(r[0]), utc(r[3]) if r[3] else None] for i, r in enumerate(rows)]


def make_settings(members):
    rows = []
    for m in members:
        stops = {}
        for typ, at in m.get("stopped", []):
            stops.setdefault(typ, at)
        for typ in (1, 2, 3):
            on, at = m["optin"], m["reg"]
            if typ in stops:
                on, at = False, stops[typ]
            elif m["optin"] and rnd.random() < 0.05:
                on, at = False, shop_time(random_day(max(m["reg"], START), END))
                at = max(min(at, END), m["reg"])
            flag = {True: rnd.choice(["1", "1", "1", "1", "Y"]), False: rnd.choice(["0", "0", "0", "N"])}[on]
            if typ == 3 and rnd.random() < 0.02:
                flag = " "
            rows.append([m["id"], typ, flag, utc(at)])
    return rows


# --------------------------------------------------------------------------- main
def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--out", default=str(Path(__file__).resolve().parent.parent / "seeds"))
    out = Path(ap.parse_args().out)

    items, prices = make_items()
    members = make_members()
    campaigns, deliveries, events, click_orders = make_mail(members)
    orders, lines, cancels = make_orders(members, items, click_orders)
    favourites = make_favourites(members, items)
    settings = make_settings(members)

    tables = {
        "shop/prefectures": (["prefecture_code", "prefecture_name", "region_name"],
                             [[f"{i + 1:02d}", p, r] for i, (p, r) in enumerate(PREFECTURES)]),
        "shop/members": (["member_id", "last_name", "first_name", "last_kana", "first_kana", "gender_code", "birth_date",
                          "email", "postal_code", "prefecture_code", "member_status", "channel_code", "registered_at",
                          "withdrawn_at"], [m["row"] for m in members]),
        "shop/brands": (["brand_id", "brand_name", "brand_kana", "country_code"],
                        [[i + 1, *b] for i, b in enumerate(BRANDS)]),
        "shop/item_categories": (["category_id", "parent_category_id", "category_name", "sort_order"],
                                 [[c[0], c[1], c[2], i + 1] for i, c in enumerate(CATEGORIES)]),
        "shop/items": (["item_id", "item_name", "brand_id", "category_id", "list_price", "tax_class", "sale_status",
                        "released_on", "updated_at"],
                       [[it["id"], it["name"], it["brand"], it["cat"], it["base"], it["tax"],
                         rnd.choices([1, 2, 3], weights=[90, 6, 4])[0], it["released"].date().isoformat(),
                         utc(it["changes"][-1][0])] for it in items]),
        "shop/price_changes": (["price_change_id", "item_id", "changed_at", "price", "reason_code"],
                               [[i + 1, p[1], utc(p[0]), p[2], p[3]] for i, p in enumerate(prices)]),
        "shop/favourites": (["favourite_id", "member_id", "item_id", "added_at", "removed_at"], favourites),
        "shop/coupons": (["coupon_code", "coupon_name", "discount_type", "discount_value", "minimum_amount", "valid_from",
                          "valid_to"], [list(c) for c in COUPONS]),
        "shop/orders": (["order_id", "member_id", "ordered_at", "order_status", "device_code", "coupon_code",
                         "shipping_fee", "points_used", "memo"], orders),
        "shop/order_lines": (["order_id", "line_no", "item_id", "quantity", "unit_price", "tax_class"], lines),
        "shop/cancellations": (["cancellation_id", "order_id", "line_no", "quantity", "cancelled_at", "reason_code"], cancels),
        "mail/mail_campaigns": (["campaign_code", "campaign_name", "subject", "mail_type", "scheduled_at"],
                                [[c["code"], c["name"], c["subject"], c["type"], jst(c["at"])] for c in campaigns]),
        "mail/mail_deliveries": (["delivery_id", "campaign_code", "member_id", "sent_at", "result_code"], deliveries),
        "mail/mail_events": (["event_id", "delivery_id", "event_type", "event_epoch", "device_code", "url"], events),
        "mail/mail_settings": (["member_id", "mail_type", "is_subscribed", "updated_at"], settings),
    }
    rows = size = 0
    for name, (header, data) in tables.items():
        path = out / f"{name}.csv"
        n = write(path, header, data)
        rows, size = rows + n, size + path.stat().st_size
        print(f"{name:24s} {n:7d} rows {path.stat().st_size:9d} bytes")
    print(f"{'total':24s} {rows:7d} rows {size:9d} bytes")


if __name__ == "__main__":
    main()
