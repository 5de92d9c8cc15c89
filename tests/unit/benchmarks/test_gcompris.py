"""GCompris' boards: the items in them, with what they name."""

from qt_resources import PLAIN, resource

from benchmarks.quality.gcompris import Item, items_of

BOARD = """
QtObject {
    property var tab : [
        {
            "image": "qrc:/some/cow.svg",
            "title": qsTr("Cow"),
            "text": qsTr("The cow says \\"moo\\"."),
            "audio": GCompris.ApplicationInfo.getAudioFilePath("qrc:/some/cows.$CA"),
            "image2": "qrc:/some/cow.webp",
            "text2": qsTr("This animal says moo."),
            "x": 0.18
        },
        { "title": qsTr("Great Wall"), "text": qsTr("Long."), "image2": "qrc:/some/greatWall.webp", "x": "0.6" }
    ]
    property var instructions : [ { "text": qsTr("Click on each.") } ]
}
"""
FILES = {"cow.webp": b"picture", "cows.ogg": b"sound", "greatWall.webp": b"wall", "cow.svg": b"drawing"}


def test_items_have_title_article_photograph_and_where_there_is_one_a_sound() -> None:
    tree = {
        "some": {name: (PLAIN, data) for name, data in FILES.items()},
        "board": {"board1.qml": (PLAIN, BOARD.encode())},
    }
    assert items_of({"rcc/explore_farm_animals.rcc": resource(tree, 3)}) == [
        Item("animals", "cow", "Cow", 'The cow says "moo".', b"picture", b"sound"),
        Item("animals", "greatWall", "Great Wall", "Long.", b"wall"),
    ]


def test_the_keys_of_an_item_begin_with_its_set() -> None:
    assert Item("monuments", "petra", "Petra", "", b"").stem == "monuments/petra"
