// What a stand-in answers to a request that belongs to no trial: what a probe relies on.
#include <zlib.h>

#include <openssl/evp.h>

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugins/endpoints/stand_in_picture.hpp"
#include "tests/unit/plugins/stand_in_support.hpp"

namespace plumb {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Json calls_of(const Page& page) {
  return page.json()["choices"][0]["message"].value("tool_calls", Json::array());
}

std::vector<std::string> arguments_of(const Page& page) {
  std::vector<std::string> arguments;
  for (const Json& call : calls_of(page)) arguments.push_back(call["function"]["arguments"]);
  return arguments;
}

TEST(StandInObedience, ItSaysTheWordThatIsAskedFor) {
  const auto server = serve("");
  EXPECT_EQ(said(chat(*server, says("[salt 17] Answer with the word: pear."))), "pear");
}

TEST(StandInObedience, ItMakesTheCallsThatAreAskedFor) {
  const auto server = serve("");
  const std::string one = "Call the tool note with text \"alpha\".";
  const std::string two = "Call the tool `note` once with text \"alpha\" and with text \"beta\".";
  EXPECT_THAT(arguments_of(chat(*server, says_with_tool(one))), ElementsAre(R"({"text":"alpha"})"));
  EXPECT_THAT(arguments_of(chat(*server, says_with_tool(two))),
              ElementsAre(R"({"text":"alpha"})", R"({"text":"beta"})"));
  EXPECT_TRUE(calls_of(chat(*server, says(one))).empty()) << "no tool is offered";

  Json single = says_with_tool(two);
  single["parallel_tool_calls"] = false;
  EXPECT_THAT(arguments_of(chat(*server, single)), ElementsAre(R"({"text":"alpha"})"));
  EXPECT_EQ(calls_of(chat(*serve("parallel=off"), says_with_tool(two))).size(), 1U);
  EXPECT_EQ(calls_of(chat(*serve("flavour=llamacpp"), says_with_tool(two))).size(), 1U)
      << "off unless asked for, there";
  EXPECT_EQ(calls_of(chat(*serve("flavour=ollama"), single)).size(), 2U) << "ignored there";
}

TEST(StandInObedience, AfterAToolsResultItIsDone) {
  Conversation conversation;
  conversation.add_call("note", "noted");
  EXPECT_EQ(said(chat(*serve(""), {{"messages", conversation.messages}})), "Done.");
}

TEST(StandInObedience, AParserThatIsOffLeavesCallsInTheText) {
  const Json body = says_with_tool("Call the tool note with text \"alpha\".");
  for (const auto& [format, text] :
       {std::pair("hermes",
                  "<tool_call>\n{\"name\": \"note\", \"arguments\": {\"text\":\"alpha\"}}"),
        {"llama", "<function=note>{\"text\":\"alpha\"}</function>"},
        {"mistral", "[TOOL_CALLS] [{\"name\": \"note\", \"arguments\": {\"text\":\"alpha\"}}]"},
        {"bare_json", "{\"name\": \"note\", \"parameters\": {\"text\":\"alpha\"}}"}}) {
    const Page page = chat(*serve(std::string("parser=off,leaked=") + format), body);
    EXPECT_TRUE(calls_of(page).empty());
    EXPECT_THAT(said(page), StartsWith(text));
    EXPECT_EQ(page.json()["choices"][0]["finish_reason"], "stop");
  }
}

std::string coded(std::size_t filling) {
  return "The code at the start is \"plum-42\". " + std::string(filling, '.') +
         " Answer with the code at the start.";
}

TEST(StandInObedience, ItKnowsTheCodeUnlessTheServerCutItOff) {
  EXPECT_EQ(said(chat(*serve("context=2000"), says(coded(4000)))), "plum-42");
  const auto cuts = serve("context=2000,overflow=truncate");
  const Page page = chat(*cuts, says(coded(40'000)));
  EXPECT_EQ(said(page), "I do not know.");
  EXPECT_LT(page.json()["usage"]["prompt_tokens"], 2000);
  EXPECT_GT(page.json()["usage"]["prompt_tokens"], 1500);
  EXPECT_EQ(said(chat(*serve("context=2000,flavour=ollama"), says(coded(40'000)))),
            "I do not know.")
      << "Ollama cuts without a word unless told otherwise";
  EXPECT_EQ(chat(*serve("context=2000,flavour=ollama,overflow=refuse"), says(coded(40'000))).status,
            400);
}

TEST(StandInObedience, ACutLeavesTheSystemPrompt) {
  const auto server = serve("context=2000,overflow=truncate");
  const Json messages = Json::array({{{"role", "system"}, {"content", coded(0)}},
                                     {{"role", "user"}, {"content", coded(40'000)}}});
  EXPECT_EQ(said(chat(*server, {{"messages", messages}})), "plum-42");
}

TEST(StandInObedience, WithoutEndIsExactlyAsLongAsItMayBe) {
  for (const char* options : {"", "think=3", "draft=0.7,tok_s=100000", "flavour=ollama"}) {
    const auto server = serve(options);
    Json body = says("Count without end.");
    body["max_tokens"] = 50;
    const Page page = chat(*server, body);
    EXPECT_EQ(page.json()["usage"]["completion_tokens"], 50) << options;
    EXPECT_EQ(page.json()["choices"][0]["finish_reason"], "length") << options;
    EXPECT_THAT(said(page), StartsWith("1 2 3 4 5 6 7"));
  }
  Json words = says("Write random words without end.");
  words["max_tokens"] = 20;
  const std::string text = said(chat(*serve(""), words));
  EXPECT_EQ(text.size(), 80U);
  EXPECT_THAT(text, testing::Not(HasSubstr("1")));
}

TEST(StandInObedience, TemperatureAndSeedDecideWhetherAnAnswerComesAgain) {
  const auto twice = [](const std::string& options, double temperature, bool seed) {
    const auto server = serve(options);
    Json body = says("Say something.");
    body["temperature"] = temperature;
    if (seed) body["seed"] = 7;
    return said(chat(*server, body)) == said(chat(*server, body));
  };
  EXPECT_TRUE(twice("", 0, false));
  EXPECT_FALSE(twice("repeatable=off", 0, false));
  EXPECT_FALSE(twice("", 1, false));
  EXPECT_TRUE(twice("", 1, true));
  EXPECT_FALSE(twice("seeded=off", 1, true));
}

using Pixel = std::array<int, 3>;

void add_number(std::string& bytes, std::size_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift);
}

void add_chunk(std::string& png, const std::string& type, const std::string& data) {
  add_number(png, data.size());
  const std::string checked = type + data;
  png += checked;
  add_number(png, crc32(0, reinterpret_cast<const Bytef*>(checked.data()),
                        static_cast<uInt>(checked.size())));
}

/// A PNG of vertical bars as a data URL, deflated at this level (0: stored).
std::string bars(const std::vector<Pixel>& colours, int level) {
  constexpr std::size_t kBar = 16;
  constexpr std::size_t kHeight = 12;
  std::string line(1, '\0');
  for (const Pixel& pixel : colours) {
    for (std::size_t i = 0; i < kBar * 3; ++i) line += static_cast<char>(pixel[i % 3]);
  }
  std::string raw;
  for (std::size_t row = 0; row < kHeight; ++row) raw += line;
  uLongf size = compressBound(raw.size());
  std::string packed(size, '\0');
  compress2(reinterpret_cast<Bytef*>(packed.data()), &size,
            reinterpret_cast<const Bytef*>(raw.data()), raw.size(), level);
  packed.resize(size);

  std::string png = "\x89PNG\r\n\x1a\n";
  std::string head;
  add_number(head, colours.size() * kBar);
  add_number(head, kHeight);
  head += std::string("\x08\x02\x00\x00\x00", 5);
  add_chunk(png, "IHDR", head);
  add_chunk(png, "IDAT", packed);
  add_chunk(png, "IEND", "");
  std::string text(png.size() * 2, '\0');
  text.resize(static_cast<std::size_t>(EVP_EncodeBlock(
      reinterpret_cast<unsigned char*>(text.data()),
      reinterpret_cast<const unsigned char*>(png.data()), static_cast<int>(png.size()))));
  return "data:image/png;base64," + text;
}

const std::vector<Pixel> kFour = {{250, 5, 5}, {0, 0, 240}, {255, 255, 10}, {0, 130, 0}};

TEST(StandInObedience, ItNamesTheBarsOfAPictureWhenItSees) {
  const Json parts =
      Json::array({{{"type", "image_url"}, {"image_url", {{"url", bars(kFour, 0)}}}},
                   {{"type", "text"},
                    {"text",
                     "Name the colours of the vertical bars in this picture from left to "
                     "right."}}});
  const Json body = {{"messages", Json::array({{{"role", "user"}, {"content", parts}}})}};
  EXPECT_EQ(said(chat(*serve("vision=on"), body)), "red, blue, yellow, green");
  EXPECT_EQ(chat(*serve("vision=off"), body).status, 400);
  const Page blind = chat(*serve("vision=blind"), body);
  EXPECT_EQ(blind.status, 200);
  EXPECT_THAT(said(blind), testing::Not(HasSubstr("red")));
}

TEST(StandInPicture, StoredAndDeflatedPicturesAreRead) {
  for (const int level : {0, 6}) {
    EXPECT_THAT(bars_in_picture(bars(kFour, level)), ElementsAre("red", "blue", "yellow", "green"));
  }
  EXPECT_THAT(bars_in_picture(bars({{255, 255, 255}, {0, 0, 0}, {128, 0, 128}, {255, 165, 0}}, 6)),
              ElementsAre("white", "black", "purple", "orange"));
}

TEST(StandInPicture, WhatIsNoPictureIsNothing) {
  const std::string whole = bars(kFour, 0);
  for (const std::string& wrong :
       {std::string(), std::string("data:image/png;base64,"), std::string("http://x.test/a.png"),
        std::string("data:image/png;base64,!!!!"), whole.substr(0, 60), whole.substr(0, 202)}) {
    EXPECT_THAT(bars_in_picture(wrong), ElementsAre("nothing")) << wrong.substr(0, 40);
  }
}

}  // namespace
}  // namespace plumb
