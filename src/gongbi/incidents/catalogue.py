"""What incidents are called, what they need, who does what. The district's own words and defaults: nothing here is law.

Law fixes that warnings and responses have four levels, one the highest; which events there are, what people are told to do and
which CAP values stand for a level are defaults for the district to set.
"""

from __future__ import annotations

from dataclasses import dataclass

Words = tuple[str, str]

CLASSES: dict[str, Words] = {
    "natural": ("自然灾害", "Natural disaster"),
    "accident": ("事故灾难", "Accident"),
    "health": ("公共卫生事件", "Public-health event"),
    "security": ("社会安全事件", "Public-security event"),
}
RESPONSES: dict[int, Words] = {
    1: ("一级响应", "Response level 1"),
    2: ("二级响应", "Response level 2"),
    3: ("三级响应", "Response level 3"),
    4: ("四级响应", "Response level 4"),
}
COLOURS: dict[int, Words] = {
    1: ("红色", "red"),
    2: ("橙色", "orange"),
    3: ("黄色", "yellow"),
    4: ("蓝色", "blue"),
}
LOWEST = 4


@dataclass(frozen=True, slots=True)
class Event:
    """One kind of incident. ``category``, ``response``: CAP 1.2 codes. ``told``: what the public is asked to do."""

    sort: str
    words: Words
    category: str
    response: str
    told: Words


EVENTS: dict[str, Event] = {
    "water_main": Event(
        "accident", ("供水管道爆裂", "Burst water main"), "Infra", "Prepare",
        ("请提前储水，绕行积水路段，远离塌陷和井盖移位处。", "Store water, go round flooded streets, keep away from sunken ground and open manholes."),
    ),
    "fire": Event(
        "accident", ("火灾", "Fire"), "Fire", "Evacuate",
        ("请立即撤离，不要乘电梯，不要返回取物；给消防车让出通道。", "Leave at once, use no lift, do not go back for belongings; keep the way clear."),
    ),
    "gas": Event(
        "accident", ("燃气泄漏", "Gas leak"), "Safety", "Evacuate",
        ("请立即撤到上风处，不开关电器，不使用明火，到安全处再打电话。", "Move upwind at once, switch nothing on or off, no flame; telephone from a safe place."),
    ),
    "rain": Event(
        "natural", ("暴雨", "Heavy rain"), "Met", "Shelter",
        ("请减少外出，远离地下空间和低洼路段，不要涉水通行。", "Stay indoors, keep away from basements and low-lying streets, do not walk or drive through water."),
    ),
    "heat": Event(
        "natural", ("高温", "Heat"), "Met", "Avoid",
        ("请避免午后外出，多饮水，照看老人和儿童。", "Avoid going out in the afternoon, drink enough, look after the elderly and children."),
    ),
    "snow": Event(
        "natural", ("低温雨雪", "Snow and ice"), "Met", "Prepare",
        ("请减少出行，防滑防冻，远离结冰的屋檐。", "Travel less, mind the ice, keep away from icy eaves."),
    ),
    "power": Event(
        "accident", ("大面积停电", "Power failure"), "Infra", "Prepare",
        ("请关闭大功率电器，不要乘电梯，家有医疗设备的请联系社区。", "Turn off large appliances, do not use lifts; call the community if medical equipment needs power."),
    ),
    "traffic": Event(
        "accident", ("道路交通事故", "Road accident"), "Transport", "Avoid",
        ("请绕行，给救援车辆让行。", "Take another way and give way to rescue vehicles."),
    ),
    "epidemic": Event(
        "health", ("传染病疫情", "Outbreak of disease"), "Health", "Monitor",
        ("请做好个人防护，出现症状及时就医。", "Protect yourself; see a doctor if you have symptoms."),
    ),
    "crowd": Event(
        "security", ("人群拥挤", "Crowd pressure"), "Safety", "Avoid",
        ("请不要前往该区域，已在现场的听从引导有序离开。", "Do not go there; if you are there, follow the stewards and leave calmly."),
    ),
    "other": Event(
        "accident", ("其他突发事件", "Other incident"), "Other", "Monitor",
        ("请留意后续通知。", "Watch for further notices."),
    ),
}  # fmt: skip
ROLES: dict[str, Words] = {
    "lead": ("总指挥", "Incident lead"),
    "site": ("现场指挥", "On-site lead"),
    "rescue": ("抢险救援", "Rescue and repair"),
    "warn": ("预警与信息发布", "Warning and information"),
    "shelter": ("转移安置", "Evacuation and shelter"),
    "supply": ("物资保障", "Supplies"),
    "medical": ("医疗救护", "Medical care"),
    "order": ("秩序与交通", "Order and traffic"),
    "report": ("信息报送", "Reporting up"),
}
ENTRIES: dict[str, Words] = {
    "seen": ("现场情况", "Seen on site"),
    "decided": ("决定", "Decision"),
    "asked": ("请示", "Asked for"),
    "told": ("通报", "Told"),
    "correction": ("更正", "Correction"),
}
ITEMS: dict[str, Words] = {
    "places": ("安置床位", "Shelter places"),
    "water": ("饮用水（箱）", "Drinking water (boxes)"),
    "food": ("方便食品（箱）", "Ready food (boxes)"),
    "blanket": ("棉被", "Blankets"),
    "tent": ("帐篷", "Tents"),
    "pump": ("抽水泵", "Pumps"),
    "sandbag": ("沙袋", "Sandbags"),
    "cone": ("警示锥", "Cones"),
    "lamp": ("应急照明灯", "Emergency lamps"),
    "tanker": ("送水车（车次）", "Water tankers (trips)"),
    "firstaid": ("急救包", "First-aid kits"),
}
STORES: dict[str, Words] = {"shelter": ("应急避难场所", "Shelter"), "depot": ("物资库", "Depot")}
MOVES: dict[str, Words] = {
    "reserve": ("预留", "Reserve"),
    "hand_out": ("发放", "Hand out"),
    "return": ("归还", "Return"),
    "release": ("取消预留", "Release"),
    "use": ("核销消耗", "Write off as used"),
}
NEEDS: dict[str, Words] = {
    "sheltered": ("需要安置", "Needs shelter"),
    "hurt": ("受伤", "Hurt"),
    "missing": ("失联", "Missing"),
    "help": ("行动不便，需要帮助", "Needs help to move"),
    "other": ("其他", "Other"),
}
# CAP 1.2 values for a level: own defaults.
SEVERITY = {1: "Extreme", 2: "Severe", 3: "Moderate", 4: "Minor"}
URGENCY: dict[str, Words] = {
    "Immediate": ("立即行动", "Act now"),
    "Expected": ("一小时内", "Within the hour"),
    "Future": ("近期", "Soon"),
}
CERTAINTY: dict[str, Words] = {
    "Observed": ("已经发生", "Observed"),
    "Likely": ("很可能", "Likely"),
    "Possible": ("可能", "Possible"),
}
# Which event a kind of case most likely is: how its code begins. Only a first guess that a person changes.
GUESSED: dict[str, str] = {
    "E0501": "water_main",
    "E0502": "gas",
    "E0506": "rain",
    "E0507": "snow",
}


def guess(kind_of_case: str) -> str:
    """The event that a kind of case is likely to be; "other" where nothing says so."""
    return GUESSED.get(kind_of_case, "other")
