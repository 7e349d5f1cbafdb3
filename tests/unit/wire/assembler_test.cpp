#include "core/wire/assembler.hpp"

#include <gtest/gtest.h>

namespace plumb {
namespace {

const Instant kStart{};
Instant ms(int count) { return kStart + std::chrono::milliseconds(count); }

TEST(Assembler, PiecesOfOneIndexMakeOneCall) {
  Assembler assembler;
  assembler.on_call({.index = 0, .id = "a", .name = "shell"}, ms(1));
  assembler.on_call({.index = 0, .arguments = "{\"x\""}, ms(2));
  assembler.on_call({.index = 1, .id = "b", .name = "read_file", .arguments = "{}"}, ms(3));
  assembler.on_call({.index = 0, .arguments = ":1}"}, ms(4));
  const ChatResponse response = assembler.take({});
  ASSERT_EQ(response.message.calls.size(), 2U);
  EXPECT_EQ(response.message.calls[0].arguments, "{\"x\":1}");
  EXPECT_EQ(response.message.calls[1].name, "read_file");
  EXPECT_EQ(response.finish, Finish::tool_calls);
}

TEST(Assembler, ASecondNameOnTheSameIndexStartsANewCall) {
  Assembler assembler;
  assembler.on_call({.index = 0, .name = "shell", .arguments = "{}"}, ms(1));
  assembler.on_call({.index = 0, .name = "shell", .arguments = "{}"}, ms(2));
  assembler.on_call({.name = "shell", .arguments = "{}"}, ms(3));
  EXPECT_EQ(assembler.take({}).message.calls.size(), 3U);
}

TEST(Assembler, ADifferentIdOnTheSameIndexStartsANewCall) {
  Assembler assembler;
  assembler.on_call({.index = 0, .id = "a", .name = "shell"}, ms(1));
  assembler.on_call({.index = 0, .id = "a", .arguments = "1"}, ms(2));
  assembler.on_call({.index = 0, .id = "b", .arguments = "2"}, ms(3));
  assembler.on_call({.index = 0, .arguments = "3"}, ms(4));
  const auto calls = assembler.take({}).message.calls;
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_EQ(calls[0].arguments, "1");
  EXPECT_EQ(calls[1].arguments, "23");
}

TEST(Assembler, AnIdThatComesLateBelongsToItsCall) {
  Assembler assembler;
  assembler.on_call({.index = 0, .arguments = "{"}, ms(1));
  assembler.on_call({.index = 0, .id = "late", .name = "shell", .arguments = "}"}, ms(2));
  const auto calls = assembler.take({}).message.calls;
  ASSERT_EQ(calls.size(), 1U);
  EXPECT_EQ(calls[0].id, "late");
  EXPECT_EQ(calls[0].arguments, "{}");
}

TEST(Assembler, AnEmptyPieceIsNoCall) {
  Assembler assembler;
  for (int i = 0; i < 10'000; ++i) assembler.on_call({.index = i}, ms(1));
  EXPECT_FALSE(assembler.has_token());
  EXPECT_EQ(assembler.take({}).finish, Finish::stop);
}

TEST(Assembler, FinishIsDerivedNotBelieved) {
  Assembler lies;
  lies.on_call({.index = 0, .name = "shell", .arguments = "{\"comm"}, ms(1));
  lies.on_finish("tool_calls");
  lies.usage().completion_tokens = 64;
  EXPECT_EQ(lies.take(64).finish, Finish::length);

  Assembler empty;
  empty.on_text("hello", ms(1));
  empty.on_finish("tool_calls");
  const ChatResponse response = empty.take(64);
  EXPECT_EQ(response.finish, Finish::stop);
  EXPECT_EQ(response.finish_as_sent, "tool_calls");

  Assembler stop;
  stop.on_call({.index = 0, .name = "shell"}, ms(1));
  stop.on_finish("stop");
  EXPECT_EQ(stop.take({}).finish, Finish::tool_calls);

  Assembler refusal;
  refusal.on_refusal("I cannot.", ms(1));
  EXPECT_EQ(refusal.take({}).finish, Finish::refused);
}

TEST(Assembler, ALengthBelowWhatWasAskedForIsAFullWindow) {
  const auto cut = [](const char* said, std::optional<std::int64_t> wrote,
                      std::optional<std::int64_t> asked) {
    Assembler assembler;
    assembler.on_finish(said);
    assembler.usage().completion_tokens = wrote;
    return assembler.take(asked);
  };
  EXPECT_TRUE(cut("length", 5, 400).window_full);
  EXPECT_EQ(cut("length", 5, 400).finish, Finish::length);
  EXPECT_TRUE(cut("max_tokens", 5, 400).window_full);
  EXPECT_TRUE(cut("model_context_window_exceeded", {}, {}).window_full);
  EXPECT_FALSE(cut("length", 400, 400).window_full);
  EXPECT_FALSE(cut("stop", 5, 400).window_full);
  EXPECT_FALSE(cut("length", {}, 400).window_full) << "nobody counted";
  EXPECT_FALSE(cut("length", 5, {}).window_full) << "the server may have a limit of its own";
}

TEST(Assembler, TheThreeFirstsAreKeptApart) {
  Assembler assembler;
  assembler.on_byte(ms(1));
  assembler.on_byte(ms(2));
  assembler.on_text("", ms(2));
  assembler.on_reasoning("hm", ms(3));
  assembler.on_text("x", ms(4));
  assembler.on_call({.index = 0, .name = "shell"}, ms(5));
  const ResponseTimes times = assembler.take({}).times;
  EXPECT_EQ(times.first_byte, ms(1));
  EXPECT_EQ(times.first_text, ms(3));
  EXPECT_EQ(times.first_tool_delta, ms(5));
  EXPECT_EQ(times.last_token, ms(5));
}

TEST(Assembler, WhatIsBeyondTheCapIsCutAndNamedLength) {
  Assembler assembler(10);
  assembler.on_text("12345", ms(1));
  assembler.on_reasoning("12345", ms(1));
  EXPECT_FALSE(assembler.full());
  assembler.on_call({.index = 0, .name = "shell"}, ms(2));
  EXPECT_TRUE(assembler.full());
  assembler.on_text("more", ms(3));
  const ChatResponse response = assembler.take({});
  EXPECT_TRUE(response.oversize);
  EXPECT_EQ(response.finish, Finish::length);
  EXPECT_EQ(response.message.text, "12345");
}

TEST(Assembler, EndlesslyManyCallsAreCut) {
  Assembler assembler;
  int made = 0;
  for (; made < 100'000 && !assembler.full(); ++made) {
    assembler.on_call({.index = made, .name = "x"}, ms(1));
  }
  EXPECT_LE(made, 2000);
}

TEST(Assembler, ACharacterCutBetweenTwoPiecesIsWholeAndArgumentsKeepTheirBytes) {
  Assembler assembler;
  assembler.on_text("gr\xC3", ms(1));
  assembler.on_text("\xBC \xFF", ms(1));
  assembler.on_call({.index = 0, .name = "f", .arguments = "\"\xFF\""}, ms(1));
  const Message message = assembler.take({}).message;
  EXPECT_EQ(message.text, "gr\xC3\xBC \xEF\xBF\xBD");
  EXPECT_EQ(message.calls[0].arguments, "\"\xFF\"");
}

}  // namespace
}  // namespace plumb
