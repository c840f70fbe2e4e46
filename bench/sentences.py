"""What the synthetic users say: fresh sentences and places of the demo district, without Django."""

from __future__ import annotations

import functools
import itertools
import os
import random
from typing import Any

import psycopg

# Words of kinds whose filing standards ask for no photo of the result, and of some that do.
TROUBLES = (
    "楼上邻居半夜装修噪音很大", "小区停车位被人长期占用", "楼道里堆满杂物没人清理", "路灯不亮了晚上很黑", "垃圾桶满了没有人清运",
    "井盖松动过车响声很大", "下水道堵塞污水漫出来", "绿化带里的树倒了", "烧烤店油烟呛人", "共享单车乱停堵住人行道",
    "小广告贴得到处都是", "暖气不热家里只有十五度", "自来水发黄有异味", "违章建筑占了公共通道", "工地夜间施工扰民",
)  # fmt: skip
WHERE = (
    "劳动路",
    "大庆路",
    "丰镐东路",
    "汉城南路",
    "红庙坡路",
    "星火路",
    "自强西路",
    "环城西路",
    "昆明路",
    "西关正街",
)
SIDE = ("路口东侧", "公交站旁", "小区南门", "与大兴东路交叉口", "菜市场门口", "学校对面", "3号楼前", "地铁口")
WHEN = ("昨晚开始", "已经三天了", "今天早上发现", "一个多星期了", "刚才路过看到", "上个月就这样")
WISH = (
    "请尽快处理",
    "希望有人来看看",
    "影响大家生活",
    "很不安全",
    "请回复什么时候能解决",
    "老人孩子都不方便",
)
_numbers = itertools.count(1)


@functools.cache
def points() -> list[tuple[float, float]]:
    """Places all over the district of the database at DATABASE_URL, always the same ones."""
    import shapely

    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        row = connection.execute(
            "SELECT geometry FROM territory_division WHERE level = 'district' ORDER BY code LIMIT 1"
        ).fetchone()
    if row is None:
        raise RuntimeError("the database has no district")
    inside = shapely.from_wkb(bytes(row[0])).buffer(
        -0.0003
    )  # 30 m from the outline: nobody is refused for an inaccurate pin
    shapely.prepare(inside)
    dice, found = random.Random(11), []
    west, south, east, north = inside.bounds
    while len(found) < 20_000:
        lon, lat = dice.uniform(west, east), dice.uniform(south, north)
        if shapely.contains_xy(inside, lon, lat):
            found.append((lon, lat))
    return found


def words(dice: random.Random) -> str:
    """A sentence that nobody has said before."""
    return f"{dice.choice(WHEN)}，{dice.choice(WHERE)}{dice.choice(SIDE)}{dice.choice(TROUBLES)}，{dice.choice(WISH)}。（{next(_numbers)}）"


def report(dice: random.Random) -> dict[str, Any]:
    """The body of a report: words and a pin inside the demo district."""
    lon, lat = dice.choice(points())
    return {
        "text": words(dice),
        "lon": round(lon + dice.uniform(-1e-5, 1e-5), 6),
        "lat": round(lat + dice.uniform(-1e-5, 1e-5), 6),
    }
