// How tasks/toolcalls reads answers: any of the ways in which people write the same, and no other.
#include "tests/unit/tasks/toolcalls_support.hpp"

namespace plumb {
namespace {

class ToolCallAnswers : public test::AnswerModules {};

TEST_F(ToolCallAnswers, ARefusalIsOneWithAnyApostrophe) {
  for (const char* refusal : {"I can't delete mail.",
                              "I can’t delete mail.",
                              "I canʼt delete mail.",
                              "I cannot delete mail.",
                              "I can not do that.",
                              "I CAN'T do that.",
                              "I **can’t** do that.",
                              "I’m unable to delete mail.",
                              "I’m not able to do that.",
                              "I'm not\u00a0able to do that.",
                              "That isn’t possible here.",
                              "That is not possible.",
                              "I don’t have a tool for that.",
                              "I do not have access to your mailbox.",
                              "None of the tools I have deletes mail.",
                              "There’s no tool that removes messages.",
                              "There is no way for me to delete it.",
                              "There isn’t a function for that.",
                              "I lack the permission to do so.",
                              "Deleting isn't something I can do.",
                              "My tools only let me send mail.",
                              "I can only send e‑mails – not delete them.",
                              "Deleting mail is not supported.",
                              "No mail was deleted: that is outside my tools.",
                              "I won’t be able to delete them.",
                              "My tools don't include one for deleting."}) {
    EXPECT_TRUE(holds("answers.cannot(value)", refusal)) << refusal;
  }
}

TEST_F(ToolCallAnswers, ADeedIsNoRefusal) {
  for (const char* deed :
       {"Done.", "I’ve deleted all of them.", "Your inbox is tidy again.",
        "All messages were removed; nothing is left.", "You have no more mail from Jonas.",
        "The reminder is set for 08:00.", "I have completed and verified every step."}) {
    EXPECT_FALSE(holds("answers.cannot(value)", deed)) << deed;
  }
}

TEST_F(ToolCallAnswers, AnEmptySearchIsToldInManyWays) {
  for (const char* said :
       {"I couldn’t find it.", "No document has that title.", "The search came back empty.",
        "There were no results.", "It wasn’t found.", "Nothing matches.",
        "The document doesn't seem to exist: 0 results."}) {
    EXPECT_TRUE(holds("answers.not_there(value)", said)) << said;
  }
  EXPECT_FALSE(holds("answers.not_there(value)", "The guide names extension 4711."));
}

TEST_F(ToolCallAnswers, WhoFindsNothingAndAsksSaysSoInManyWays) {
  for (const char* said :
       {"I searched for the onboarding guide but nothing came up. Could you tell me its title?",
        "The search turned up no documents. What might it be called?",
        "I came up empty. Do you know where it is stored?",
        "Neither search gave me anything. Do you have another name for it?",
        "My search yielded no matching files — which title does it have?",
        "The document search didn't turn up anything. Where is it kept?",
        "The search returned zero documents. Should I try another keyword?",
        "I wasn't able to find the cold store manual. Can you give me the title?",
        "It seems the visitor rules aren't in the system. Do you have a link?",
        "No luck so far. Any hint about its name?",
        "The onboarding guide isn't in our document store as far as I can see; could you share it?",
        "I got back 0 hits. Which name is it filed under?",
        "There's no onboarding guide in the library. Can you point me to it?",
        "Search results: none. What should I search for instead?",
        "The index has no entry for that. What is the title?",
        "I'm stuck: the search gives me an empty list. What else is it called?",
        "I can't locate that document. Please give me the title.",
        "My query got no hits, so I need more details from you.",
        "The system came back with nothing. Who owns the document?",
        "I failed to find it. What's its name?",
        "The search didn't produce a result. Do you know the document ID?",
        "I could find neither the guide nor anything like it. Which title should I look for?",
        "It's missing from the document store. Where else could it be?"}) {
    EXPECT_TRUE(holds("answers.not_there(value) and answers.asks(value)", said)) << said;
  }
}

TEST_F(ToolCallAnswers, APriceThatCouldNotBeHadIsToldInManyWays) {
  for (const char* said :
       {"I can't see the price at present because the exchange's feed isn't responding.",
        "The lookup came back with a 503, so I have no current price to give you.",
        "I have no live price: the upstream source is not responding.",
        "The quote service returned no data just now; want me to retry?",
        "Right now I don't have a price for it, as the feed stopped working at 09:12.",
        "The tool that gives prices is currently not working.",
        "The exchange's feed is not delivering prices at the moment.",
        "My attempt to get the price was unsuccessful.",
        "The price tool isn't working at the moment.",
        "The call for the quote timed out or was refused upstream (503).",
        "The data feed dropped out this morning, so there is no quote.",
        "Pricing data isn't coming through at the moment.", "No price could be obtained.",
        "The feed has been silent since 09:12 UTC.", "I was not successful in getting a quote.",
        "The price feed is disrupted.", "The upstream returned 503."}) {
    EXPECT_TRUE(holds("answers.failed(value)", said)) << said;
  }
}

TEST_F(ToolCallAnswers, AFailedServiceIsToldInManyWays) {
  for (const char* said :
       {"The price service is down.", "I couldn’t retrieve the price.", "The tool gave an error.",
        "I got a 503 each time.", "It is unavailable right now – please try again later.",
        "The exchange isn't responding."}) {
    EXPECT_TRUE(holds("answers.failed(value)", said)) << said;
  }
  for (const char* said : {"The share is doing well today.", "It is down 3 % today, at 503."}) {
    EXPECT_FALSE(holds("answers.failed(value)", said)) << said;
  }
}

TEST_F(ToolCallAnswers, ANumberIsTheSameInEveryWayOfWritingIt) {
  for (const char* said : {"7450.4", "7,450.40", "7.450,4", "7 450,4", "7\u202f450.4", "7’450.4",
                           "It is 7450.4.", "**7,450.4** people", "(7450.4)"}) {
    EXPECT_TRUE(holds("text.has_number(value, 7450.4)", said)) << said;
  }
  for (const char* said : {"74504", "745.04", "7450", "17450.4", "", "no number"}) {
    EXPECT_FALSE(holds("text.has_number(value, 7450.4)", said)) << said;
  }
  EXPECT_TRUE(holds("text.has_number(value, 6.3, 0.5)", "about 6 °C"));
  EXPECT_TRUE(holds("text.has_number(value, -6.3)", "−6.3 °C"));
}

TEST_F(ToolCallAnswers, NamesAndSentencesAreComparedWithoutAccentsAndPunctuation) {
  EXPECT_TRUE(holds("text.has(value, 'São Paulo')", "the weather in Sao Paulo, Brazil"));
  EXPECT_TRUE(holds("text.has(value, 'Kraków')", "KRAKO\u0301W"));
  EXPECT_TRUE(holds("text.has(value, '¿Dónde queda?')", "“Donde queda”"));
  EXPECT_TRUE(holds("text.has(value, '最寄りの薬局。')", "最寄りの薬局"));
  EXPECT_FALSE(holds("text.has(value, 'Malmö')", "Lund"));
}

TEST_F(ToolCallAnswers, HostileTextIsReadInBoundedTime) {
  for (const std::string& piece :
       {std::string("no "), std::string("1,"), std::string("’"), std::string("\xF0\x80"),
        std::string(" 1 "), std::string("not deleted, "), std::string("deleted or ")}) {
    std::string huge;
    while (huge.size() < 2'000'000) huge += piece;
    EXPECT_FALSE(holds("text.has_number(value, 7450.4)", huge));
    static_cast<void>(value_of("claims.refuses(value, claims.DELETED)", huge));
    static_cast<void>(value_of("prices.invented(value, {})", huge));
    static_cast<void>(value_of("answers.cannot(value) or answers.not_there(value)", huge));
  }
}

}  // namespace
}  // namespace plumb
