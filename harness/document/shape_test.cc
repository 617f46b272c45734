#include <gtest/gtest.h>

#include "harness/document/object.h"
#include "harness/document/parse.h"
#include "harness/document/scalars.h"

namespace chamber::document {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

enum class Colour { kRed, kGreen };

struct Item {
  Located<std::string> name;
  Located<Rate> rate;
  Located<std::int64_t> clients{64};
  std::optional<Located<Duration>> wait;
  Colour colour = Colour::kRed;
};

Object<Item> item_object() {
  return Object<Item>("an item", "One item.")
      .required("name", &Item::name, label("a name"), "What it is called.")
      .required("rate", &Item::rate, rate({0.001, 1000}), "How often.")
      .optional("clients", &Item::clients, whole({1, 100}), "How many.")
      .optional("wait", &Item::wait, duration({milliseconds(1), hours(1)}), "How long.")
      .optional("colour", &Item::colour,
                choice<Colour>("a colour", {{"red", Colour::kRed, ""}, {"green", Colour::kGreen, ""}}), "Which.");
}

template <typename T>
std::pair<std::optional<T>, std::string> read(const Shape<T>& shape, std::string_view text) {
  Mistakes mistakes;
  const std::optional<Node> node = parse(text, "a", mistakes);
  std::optional<T> value;
  if (node) value = shape.read(*node, mistakes);
  EXPECT_EQ(value.has_value(), mistakes.none());
  return {std::move(value), mistakes.none() ? "" : mistakes.error().message()};
}

template <typename T>
std::string complaint(const Shape<T>& shape, std::string_view text) {
  return read(shape, text).second;
}

TEST(Object, ReadsAndKeepsPlaces) {
  const auto [item, wrong] = read(item_object().shape(), "{name: x, rate: 5/s, wait: 2s, colour: green}");
  ASSERT_TRUE(item) << wrong;
  EXPECT_EQ(*item->name, "x");
  EXPECT_EQ(item->rate.source.text(), "a:1:17");
  EXPECT_EQ(*item->clients, 64);
  EXPECT_TRUE(item->clients.source.is_default());
  ASSERT_TRUE(item->wait.has_value());
  EXPECT_EQ(**item->wait, seconds(2));
  EXPECT_EQ(item->colour, Colour::kGreen);
}

TEST(Object, TellsAllMistakesInOneGo) {
  EXPECT_EQ(complaint(item_object().shape(), "{nam: x, rate: 5, clients: 1000, wait: 2h, colour: gren, size: 1}"),
            "a:1:1: an item needs the key \"name\": What it is called.\n"
            "a:1:2: unknown key \"nam\" in an item; did you mean \"name\"?\n"
            "a:1:16: \"5\" is not a rate; write a whole number per s, min or h, such as 200/s or 12/min\n"
            "a:1:28: 1000 is too much; at most 100\n"
            "a:1:40: 2h is too much; at most 1h\n"
            "a:1:52: \"gren\" is not a colour; did you mean \"green\"?\n"
            "a:1:58: unknown key \"size\" in an item; known: clients, colour, name, rate, wait");
  EXPECT_EQ(complaint(item_object().shape(), "[1]"), "a:1:1: expected an item, found a list");
  EXPECT_EQ(complaint(item_object().shape(), "{name: [], rate: }"),
            "a:1:8: expected a name, found a list\na:1:12: expected a rate, found nothing");
}

TEST(Object, WritesWhatReadsBackTheSame) {
  const Shape<Item> shape = item_object();
  const auto item = read(shape, "{name: x, rate: 12/min, wait: 1m30s}").first;
  ASSERT_TRUE(item);
  const Json json = shape.write(*item);
  EXPECT_EQ(json.dump(), R"({"name":"x","rate":"12/min","clients":64,"wait":"1m30s","colour":"red"})");
  const auto again = read(shape, json.dump()).first;
  ASSERT_TRUE(again);
  EXPECT_EQ(shape.write(*again), json);
}

TEST(Object, GivesItsSchema) {
  const Json schema = json_schema(item_object().shape(), {"item.json", "An item"});
  EXPECT_EQ(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
  EXPECT_EQ(schema["$id"], "item.json");
  EXPECT_EQ(schema["required"].dump(), R"(["name","rate"])");
  EXPECT_EQ(schema["additionalProperties"], false);
  EXPECT_EQ(schema["properties"]["clients"].dump(),
            R"({"type":"integer","minimum":1,"maximum":100,"default":64,"description":"How many."})");
  EXPECT_EQ(schema["properties"]["colour"].dump(),
            R"({"enum":["red","green"],"default":"red","description":"Which."})");
  EXPECT_FALSE(schema["properties"]["wait"].contains("default"));
}

TEST(Schema, HoldsADefinitionOnce) {
  struct Pair {
    Located<std::string> from;
    Located<std::string> to{"b"};
  };
  const auto place = define("place", one_of("a place", {{"a", ""}, {"b", ""}}));
  const Shape<Pair> shape = Object<Pair>("a pair")
                                .required("from", &Pair::from, place, "Where from.")
                                .optional("to", &Pair::to, place, "Where to.");
  const Json schema = json_schema(shape, {"pair.json", "A pair"});
  EXPECT_EQ(schema["properties"].dump(), R"({"from":{"$ref":"#/$defs/place","description":"Where from."},)"
                                         R"("to":{"$ref":"#/$defs/place","description":"Where to.","default":"b"}})");
  EXPECT_EQ(schema["$defs"].dump(), R"({"place":{"enum":["a","b"]}})");
}

TEST(Object, RulesRunOnWholeValuesOnly) {
  const auto rule = [](const Item& item, const Node& node, Mistakes& mistakes) {
    if (*item.clients > 10 && *item.name == "few") mistakes.add(node.source, "few means at most 10");
  };
  const Shape<Item> shape = item_object().rule(rule);
  EXPECT_EQ(complaint(shape, "{name: few, rate: 1/s, clients: 11}"), "a:1:1: few means at most 10");
  EXPECT_EQ(complaint(shape, "{name: few, rate: 1/s, clients: 10}"), "");
  EXPECT_EQ(complaint(shape, "{name: few, clients: 11}"), "a:1:1: an item needs the key \"rate\": How often.");
}

TEST(Object, AtLeastOneOf) {
  const Shape<Item> shape = item_object().at_least_one_of({"clients", "wait"});
  EXPECT_EQ(complaint(shape, "{name: x, rate: 1/s}"), "a:1:1: an item needs at least one of the keys clients, wait");
  EXPECT_EQ(complaint(shape, "{name: x, rate: 1/s, wait: 1s}"), "");
  EXPECT_EQ(shape.schema()["anyOf"].dump(), R"([{"required":["clients"]},{"required":["wait"]}])");
}

TEST(Lists, HaveBounds) {
  const auto shape = list_of(item_object().shape(), "a list of items", 1, 2);
  EXPECT_EQ(complaint(shape, "[]"), "a:1:1: 0 entries; write at least 1");
  EXPECT_EQ(complaint(shape, "[1, 2, 3]"), "a:1:1: 3 entries; write at most 2");
  EXPECT_EQ(complaint(shape, "{name: x, rate: 1/s}"), "a:1:1: expected a list of items, found a map");
  EXPECT_EQ(complaint(shape, "[{name: x, rate: 1/s}, {name: Y, rate: 1/s}]"),
            "a:1:31: \"Y\" can't be a name; use lower-case letters, digits and \"-\", a letter first, at most 63 "
            "characters");
}

TEST(Maps, HaveKeysOfTheAuthorsChoosing) {
  const auto shape = map_of(label("a name"), whole({0, 9}), "a map of counts");
  EXPECT_EQ(read(shape, "{a: 1, b: 2}").first->at("b"), 2);
  EXPECT_EQ(complaint(shape, "{A: 1, b: x}"),
            "a:1:2: \"A\" can't be a name; use lower-case letters, digits and \"-\", a letter first, at most 63 "
            "characters\na:1:11: \"x\" is not a whole number; write digits, such as 20");
}

TEST(Scalars, TellTextFromNumbers) {
  EXPECT_EQ(complaint(whole({0, 9}), "\"3\""), "a:1:1: \"3\" in quotes is text; write 3 without quotes");
  EXPECT_EQ(complaint(flag(), "yes"), "a:1:1: \"yes\" is neither true nor false");
  EXPECT_EQ(complaint(flag(), "\"true\""), "a:1:1: \"true\" is neither true nor false");
  EXPECT_EQ(*read(version_text(), "1.20").first, "1.20");
  EXPECT_EQ(*read(text(), "no").first, "no");
  EXPECT_EQ(complaint(text(), "\"\""), "a:1:1: an empty text; write something or leave the key out");
  EXPECT_EQ(complaint(text(3), "abcd"), "a:1:1: a text of 4 bytes; at most 3");
  EXPECT_EQ(complaint(byte_size({{1}, {1024}}), "1MiB"), "a:1:1: 1MiB is too much; at most 1KiB");
  EXPECT_EQ(complaint(rate({0.1, 10}), "0/s"), "a:1:1: 0/s is too little; at least 0.1/s");
}

// Two kinds of shape told apart by a key.
struct Figure {
  std::string kind;
  Located<std::int64_t> size;
};
std::string kind_of(const Figure& figure) {
  return figure.kind;
}

TEST(Cases, ByValue) {
  const auto figure = [](const char* kind, const char* key) -> Case<Figure> {
    return {kind, Object<Figure>(std::string("a ") + kind)
                      .required("draw", &Figure::kind, exactly(kind), "")
                      .required(key, &Figure::size, whole({1, 9}), "Its size.")};
  };
  const auto shape =
      case_by_value<Figure>("a figure", "draw", {figure("circle", "radius"), figure("square", "side")}, kind_of);
  const auto square = read(shape, "{side: 3, draw: square}").first;
  ASSERT_TRUE(square);
  EXPECT_EQ(*square->size, 3);
  EXPECT_EQ(shape.write(*square).dump(), R"({"draw":"square","side":3})");
  EXPECT_EQ(complaint(shape, "{draw: square, radius: 3}"),
            "a:1:1: a square needs the key \"side\": Its size.\n"
            "a:1:16: unknown key \"radius\" in a square; known: draw, side");
  EXPECT_EQ(complaint(shape, "{draw: sqare, side: 3}"),
            "a:1:8: \"sqare\" is no value of \"draw\"; did you mean \"square\"?");
  EXPECT_EQ(complaint(shape, "{darw: square, side: 3}"),
            "a:1:1: a figure needs the key \"draw\", one of: circle, square; is \"darw\" meant to be it?");
  EXPECT_EQ(complaint(shape, "{draw: [], side: 3}"), "a:1:8: expected one of circle, square, found a list");
  EXPECT_EQ(complaint(shape, "square"), "a:1:1: expected a figure, found \"square\"");
  EXPECT_EQ(shape.schema()["oneOf"].size(), 2U);
}

TEST(Cases, ByKey) {
  const auto figure = [](const char* kind) -> Case<Figure> {
    return {kind, Object<Figure>(std::string("a ") + kind, "", Figure{kind, {}})
                      .required(kind, &Figure::size, whole({1, 9}), "Its size.")};
  };
  const auto shape = case_by_key<Figure>("a figure", {figure("circle"), figure("square")}, kind_of);
  const auto square = read(shape, "{square: 3}").first;
  ASSERT_TRUE(square);
  EXPECT_EQ(square->kind, "square");
  EXPECT_EQ(shape.write(*square).dump(), R"({"square":3})");
  EXPECT_EQ(complaint(shape, "{sqaure: 3}"), "a:1:2: \"sqaure\" is not a figure; did you mean \"square\"?");
  EXPECT_EQ(complaint(shape, "{triangle: 3}"), "a:1:1: a figure needs one of the keys circle, square");
  EXPECT_EQ(complaint(shape, "{circle: 1, square: 3}"),
            "a:1:13: \"circle\" and \"square\" in one entry; begin a new entry for \"square\"");
}

TEST(ShortOrFull, ReadsEither) {
  const Shape<Figure> brief = mapped<Figure, std::int64_t>(
      whole({1, 9}),
      [](std::int64_t size) {
        return Figure{"", {size, {}}};
      },
      [](const Figure& figure) { return *figure.size; });
  const Shape<Figure> full = Object<Figure>("a map with a size").required("size", &Figure::size, whole({1, 9}), "");
  const auto shape = short_or_full(brief, full);
  EXPECT_EQ(*read(shape, "3").first->size, 3);
  EXPECT_EQ(*read(shape, "{size: 4}").first->size, 4);
  EXPECT_EQ(complaint(shape, "[]"), "a:1:1: expected a whole number or a map with a size, found a list");
  EXPECT_EQ(complaint(shape, "x"), "a:1:1: \"x\" is not a whole number; write digits, such as 20");
}

}  // namespace
}  // namespace chamber::document
