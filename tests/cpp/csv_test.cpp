// SPDX-License-Identifier: MIT
#include <co2lib/csv.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "folders.hpp"

namespace {

using namespace co2lib;
using testing::ElementsAre;
using testing::HasSubstr;
using Fields = std::vector<std::string>;

std::vector<Fields> fields_of(const std::vector<csv::Row>& rows) {
  std::vector<Fields> all;
  for (const csv::Row& row : rows) all.push_back(row.fields);
  return all;
}

/// A folder of its own that goes away with the test.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "co2lib_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::filesystem::path operator/(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

std::string content(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void write(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

// ---------------------------------------------------------------------------------------------------------------------
// Reading
// ---------------------------------------------------------------------------------------------------------------------
TEST(ParseRows, SplitsAtCommasAndLineEnds) {
  const auto rows = csv::parse_rows("a,b\n1,2\r\n,\n");
  ASSERT_TRUE(rows);
  EXPECT_THAT(fields_of(*rows), ElementsAre(Fields{"a", "b"}, Fields{"1", "2"}, Fields{"", ""}));
}

TEST(ParseRows, NeedsNoLineEndAtTheEnd) {
  EXPECT_THAT(fields_of(*csv::parse_rows("a,b")), ElementsAre(Fields{"a", "b"}));
  EXPECT_THAT(fields_of(*csv::parse_rows("a,")), ElementsAre(Fields{"a", ""}));
  EXPECT_THAT(fields_of(*csv::parse_rows("a\r\n\"b\"")), ElementsAre(Fields{"a"}, Fields{"b"}));
  EXPECT_THAT(fields_of(*csv::parse_rows("a\r")), ElementsAre(Fields{"a"}));
  EXPECT_TRUE(csv::parse_rows("")->empty());
}

TEST(ParseRows, KeepsWhatIsQuoted) {
  const auto rows = csv::parse_rows("\"a,b\",\"c \"\"d\"\"\",\"e\r\nf\",\"\"\n");
  ASSERT_TRUE(rows);
  EXPECT_THAT(fields_of(*rows), ElementsAre(Fields{"a,b", "c \"d\"", "e\r\nf", ""}));
}

TEST(ParseRows, KeepsSpacesAndLoneCarriageReturns) {
  EXPECT_THAT(fields_of(*csv::parse_rows(" a , b\n")), ElementsAre(Fields{" a ", " b"}));
  EXPECT_THAT(fields_of(*csv::parse_rows("a\rb,c\n")), ElementsAre(Fields{"a\rb", "c"}));
  EXPECT_THAT(fields_of(*csv::parse_rows("a\r,b\n")), ElementsAre(Fields{"a\r", "b"}));
  EXPECT_THAT(fields_of(*csv::parse_rows("a,b \"c\"\n")), ElementsAre(Fields{"a", "b \"c\""}));
}

TEST(ParseRows, SkipsBlankLinesAndAByteOrderMarkButCountsLines) {
  const auto rows = csv::parse_rows("\xEF\xBB\xBF\n\r\na\n\n\"b\nc\"\nd\n");
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 3U);
  EXPECT_EQ((*rows)[0].line, 3U);
  EXPECT_EQ((*rows)[1].line, 5U);
  EXPECT_EQ((*rows)[2].line, 7U) << "a line end inside quotes counts too";
}

TEST(ParseRows, KeepsBytesThatAreNotText) {
  const std::string text("a\0b,\xFF\n", 6);
  EXPECT_THAT(fields_of(*csv::parse_rows(text)), ElementsAre(Fields{std::string("a\0b", 3), "\xFF"}));
}

TEST(ParseRows, NamesTheLineOfAQuoteThatIsNotClosed) {
  const auto rows = csv::parse_rows("a\n\"b\nc\nd");
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.issue().code, "bad_csv");
  EXPECT_EQ(rows.issue().subject, "line 2");
}

TEST(ParseRows, RefusesTextAfterAClosingQuote) {
  for (const char* text : {"a\n\"b\"c\n", "a\n\"b\" ,c\n", "a\n\"b\"\rc\n", "a\n\"b\"\"\"\"c"}) {
    const auto rows = csv::parse_rows(text);
    ASSERT_FALSE(rows) << text;
    EXPECT_EQ(rows.issue().subject, "line 2") << text;
  }
}

TEST(Parse, SplitsHeaderAndRows) {
  const auto table = csv::parse("year,g\n2024,1\n\n2025,2\n", "t");
  ASSERT_TRUE(table);
  EXPECT_EQ(table->name, "t");
  EXPECT_THAT(table->header, ElementsAre("year", "g"));
  ASSERT_EQ(table->rows.size(), 2U);
  EXPECT_EQ(table->rows[1].line, 4U);
  EXPECT_EQ(table->column("g"), 1U);
  EXPECT_EQ(table->column("G"), std::nullopt);
}

TEST(Parse, NamesTheLineOfARowOfAnotherWidth) {
  const auto table = csv::parse("a,b\n1,2\n1\n");
  ASSERT_FALSE(table);
  EXPECT_EQ(table.issue().subject, "line 3");
  EXPECT_THAT(table.issue().text, HasSubstr("1 fields where the header has 2"));
  EXPECT_FALSE(csv::parse("a,b\n1,2,3\n"));
}

TEST(Parse, NeedsAHeader) {
  const auto table = csv::parse("\n\n", "empty");
  ASSERT_FALSE(table);
  EXPECT_EQ(table.issue().subject, "empty");
}

TEST(Quote, QuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(csv::quote("plain text"), "plain text");
  EXPECT_EQ(csv::quote("a,b"), "\"a,b\"");
  EXPECT_EQ(csv::quote("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(csv::quote("a\nb"), "\"a\nb\"");
  EXPECT_EQ(csv::quote("a\r"), "\"a\r\"");
  EXPECT_EQ(csv::quote(""), "");
}

TEST(Line, IsReadBackTheSame) {
  const Fields all = {"", "a", "\"", ",", "\r\n", "\n", "\r", "\"\"", " a ", "\xEF\xBB\xBFx", "a\"b,c\nd\re"};
  for (const std::string& first : all) {
    for (const std::string& second : all) {
      const auto rows = csv::parse_rows(csv::line({first, second}));
      ASSERT_TRUE(rows);
      EXPECT_THAT(fields_of(*rows), ElementsAre(Fields{first, second}));
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// The tables compiled in
// ---------------------------------------------------------------------------------------------------------------------
TEST(Tables, AreTheFilesOfTheSourceTreeByteForByte) {
  std::set<std::string> files;
  for (const auto& file : std::filesystem::recursive_directory_iterator(co2lib::tests::source_folder() + "/data")) {
    if (file.path().extension() != ".csv") continue;
    const std::string name = file.path().stem().string();
    EXPECT_TRUE(files.insert(name).second) << name << " is there twice; names are unique among the domains";
    const auto compiled = csv::table(name);
    ASSERT_TRUE(compiled) << name;
    const auto read = csv::parse(content(file.path()), name);
    ASSERT_TRUE(read) << to_string(read.issue());
    EXPECT_EQ((*compiled)->header, read->header);
    EXPECT_EQ(fields_of((*compiled)->rows), fields_of(read->rows)) << name;
    EXPECT_EQ((*compiled)->name, name);
  }
  ASSERT_FALSE(files.empty());
  std::vector<std::string> listed;
  for (const csv::TableName& table : csv::table_names()) listed.push_back(table.name);
  EXPECT_EQ(listed, std::vector<std::string>(files.begin(), files.end()));
}

TEST(Tables, OfIntensityHaveNumbersWhereTheyShould) {
  const std::pair<const char*, std::vector<std::string>> columns[] = {
      {"fuels", {"lifecycle_min", "lifecycle_median", "lifecycle_max", "direct", "year"}},
      {"grid_factors", {"year", "g_per_kwh"}}};
  for (const auto& [name, numbers] : columns) {
    const csv::Table& table = **csv::table(name);
    for (const csv::Row& row : table.rows) {
      for (const std::string& column : numbers) {
        const auto number = csv::number(table, row, column);
        EXPECT_TRUE(number) << to_string(number.issue());
      }
    }
  }
}

TEST(Tables, OfAnUnknownNameAreAnIssue) {
  const auto table = csv::table("no_such_table");
  ASSERT_FALSE(table);
  EXPECT_EQ(table.issue().code, "unknown_table");
  EXPECT_EQ(table.issue().subject, "no_such_table");
}

// ---------------------------------------------------------------------------------------------------------------------
// Fields
// ---------------------------------------------------------------------------------------------------------------------
TEST(Field, IsFoundByItsColumn) {
  const csv::Table table = *csv::parse("year,g\n2024,1.5\n", "t");
  EXPECT_EQ(*csv::field(table, table.rows[0], "g"), "1.5");
  const auto missing = csv::field(table, table.rows[0], "gas");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.issue().code, "no_column");
  EXPECT_EQ(missing.issue().subject, "t");
  EXPECT_EQ(missing.issue().text, "there is no column 'gas'; its columns: year, g");
}

TEST(Field, AsANumberIsFiniteAndWhole) {
  const auto number = [](const std::string& field) {
    const csv::Table table = *csv::parse("g,x\n" + field + ",\n", "t.csv");
    return csv::number(table, table.rows[0], "g");
  };
  EXPECT_EQ(**number("1.5"), 1.5);
  EXPECT_EQ(**number("-2e3"), -2000);
  EXPECT_EQ(**number("0"), 0);
  EXPECT_EQ(*number(""), std::nullopt) << "a missing value is no 0";
  for (const char* field : {"x", "1.5 ", " 1.5", "+1", "1,5", "1.5g", "nan", "inf", "-inf", "1e999", "0x10", "."}) {
    const auto refused = number("\"" + std::string(field) + "\"");
    ASSERT_FALSE(refused) << field;
    EXPECT_EQ(refused.issue().code, "bad_number");
    EXPECT_EQ(refused.issue().subject, "t.csv:2");
    EXPECT_THAT(refused.issue().text, HasSubstr("the field 'g' is '" + std::string(field) + "'"));
  }
}

TEST(Field, AsAWholeNumberHasNoFraction) {
  const csv::Table table = *csv::parse("n\n2024\n2024.5\n-3\n99999999999999999999\n", "t");
  EXPECT_EQ(**csv::integer(table, table.rows[0], "n"), 2024);
  EXPECT_EQ(**csv::integer(table, table.rows[2], "n"), -3);
  for (const std::size_t row : {1U, 3U}) {
    const auto refused = csv::integer(table, table.rows[row], "n");
    ASSERT_FALSE(refused) << row;
    EXPECT_EQ(refused.issue().subject, "t:" + std::to_string(row + 2));
    EXPECT_THAT(refused.issue().text, HasSubstr("expected a whole number"));
  }
}

TEST(Field, OfAColumnThatIsNotThereIsNoNumber) {
  const csv::Table table = *csv::parse("a\n1\n", "t");
  EXPECT_EQ(csv::number(table, table.rows[0], "b").issue().code, "no_column");
  EXPECT_EQ(csv::integer(table, table.rows[0], "b").issue().code, "no_column");
}

// ---------------------------------------------------------------------------------------------------------------------
// Lines of a key
// ---------------------------------------------------------------------------------------------------------------------
TEST(LinesOf, AreAllLinesOfTheKeyAndNoOther) {
  const std::string text = "key,v\nA,1\nAB,2\nAB,3\nAB,4\nABC,5\nB,6\n";
  EXPECT_EQ(csv::lines_of(text, "AB"), "AB,2\nAB,3\nAB,4\n");
  EXPECT_EQ(csv::lines_of(text, "A"), "A,1\n");
  EXPECT_EQ(csv::lines_of(text, "B"), "B,6\n");
  for (const char* key : {"", "0", "AA", "ABCD", "C", "key", "AB,2"}) EXPECT_EQ(csv::lines_of(text, key), "") << key;
}

TEST(LinesOf, NeedNeitherRowsNorALineEndAtTheEnd) {
  EXPECT_EQ(csv::lines_of("", "A"), "");
  EXPECT_EQ(csv::lines_of("key", "key"), "");
  EXPECT_EQ(csv::lines_of("key\n", "A"), "");
  EXPECT_EQ(csv::lines_of("key\nA", "A"), "A");
  EXPECT_EQ(csv::lines_of("key,v\r\nA,1\r\nB,2", "B"), "B,2");
  EXPECT_EQ(csv::lines_of("key\r\nA\r\nB\r\n", "A"), "A\r\n");
}

TEST(LinesOf, OfEveryKeyOfALongTextAreFound) {
  std::string text = "key\n";
  for (int i = 100; i < 1000; ++i) text += std::to_string(i) + std::string(static_cast<std::size_t>(i % 7), 'x') + "\n";
  for (int i = 100; i < 1000; ++i) {
    const std::string key = std::to_string(i) + std::string(static_cast<std::size_t>(i % 7), 'x');
    EXPECT_EQ(csv::lines_of(text, key), key + "\n");
  }
}

TEST(RowsOf, KnowTheirLinesInTheWholeTable) {
  const csv::Table& table = **csv::table("grid_factors");
  const auto found = csv::rows_of("grid_factors", "ZWE");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->header, table.header);
  ASSERT_FALSE(found->rows.empty());
  for (const csv::Row& row : found->rows) EXPECT_EQ(row.fields, table.rows.at(row.line - 2).fields);
  EXPECT_TRUE(csv::rows_of("grid_factors", "XXX")->rows.empty());
  EXPECT_EQ(csv::rows_of("no_such_table", "ZWE").issue().code, "unknown_table");
}

// ---------------------------------------------------------------------------------------------------------------------
// Appending
// ---------------------------------------------------------------------------------------------------------------------
TEST(Append, BeginsAFileWithItsHeader) {
  const Folder folder;
  const auto file = folder / "log.csv";
  ASSERT_TRUE(csv::append(file, {"a", "b"}, {"1", "x,y"}));
  const auto done = csv::append(file, {"a", "b"}, {"2", "z"});
  ASSERT_TRUE(done);
  EXPECT_EQ(done->moved_to, std::nullopt);
  EXPECT_EQ(content(file), "a,b\n1,\"x,y\"\n2,z\n");
}

TEST(Append, WritesTheHeaderIntoAnEmptyFile) {
  const Folder folder;
  write(folder / "log.csv", "");
  ASSERT_TRUE(csv::append(folder / "log.csv", {"a"}, {"1"}));
  EXPECT_EQ(content(folder / "log.csv"), "a\n1\n");
}

TEST(Append, AcceptsAHeaderThatAnotherProgramWroteWithCrLf) {
  const Folder folder;
  write(folder / "log.csv", "a,b\r\n1,2\r\n");
  const auto done = csv::append(folder / "log.csv", {"a", "b"}, {"3", "4"});
  ASSERT_TRUE(done);
  EXPECT_EQ(done->moved_to, std::nullopt);
  EXPECT_EQ(content(folder / "log.csv"), "a,b\r\n1,2\r\n3,4\n");
}

TEST(Append, EndsATornLastLineFirst) {
  const Folder folder;
  write(folder / "log.csv", "a,b\n1,2");
  ASSERT_TRUE(csv::append(folder / "log.csv", {"a", "b"}, {"3", "4"}));
  EXPECT_EQ(content(folder / "log.csv"), "a,b\n1,2\n3,4\n");
}

TEST(Append, MovesAFileWithAnotherHeaderAwayAndLosesNothing) {
  const Folder folder;
  const auto file = folder / "log.csv";
  write(file, "old\n1\n");
  const auto first = csv::append(file, {"a"}, {"1"});
  ASSERT_TRUE(first);
  EXPECT_EQ(first->moved_to, folder / "log.csv.bak");
  const auto second = csv::append(file, {"b"}, {"2"});
  EXPECT_EQ(second->moved_to, folder / "log.csv.bak_0");
  const auto third = csv::append(file, {"c"}, {"3"});
  EXPECT_EQ(third->moved_to, folder / "log.csv.bak_1");
  EXPECT_EQ(content(folder / "log.csv.bak"), "old\n1\n");
  EXPECT_EQ(content(folder / "log.csv.bak_0"), "a\n1\n");
  EXPECT_EQ(content(folder / "log.csv.bak_1"), "b\n2\n");
  EXPECT_EQ(content(file), "c\n3\n");
}

TEST(Append, TakesAHeaderThatOnlyStartsAlikeForAnother) {
  const Folder folder;
  const auto file = folder / "log.csv";
  write(file, "a,b,c\n1,2,3\n");
  EXPECT_EQ(csv::append(file, {"a", "b"}, {"1", "2"})->moved_to, folder / "log.csv.bak");
  write(file, "a,b");
  EXPECT_EQ(csv::append(file, {"a", "b"}, {"1", "2"})->moved_to, std::nullopt) << "a header without its line end";
  EXPECT_EQ(content(file), "a,b\n1,2\n");
}

TEST(Append, FindsAHeaderLongerThanOneRead) {
  const Folder folder;
  Fields header;
  for (int i = 0; i < 1000; ++i) header.push_back("a_long_column_" + std::to_string(i));
  const Fields row(1000, "x");
  for (int i = 0; i < 2; ++i) EXPECT_EQ(csv::append(folder / "log.csv", header, row)->moved_to, std::nullopt);
  EXPECT_EQ(csv::parse(content(folder / "log.csv"))->rows.size(), 2U);
}

TEST(Append, KnowsAHeaderWithALineEndInIt) {
  const Folder folder;
  const Fields header = {"energy\n(kWh)", "b"};
  ASSERT_TRUE(csv::append(folder / "log.csv", header, {"1", "2"}));
  const auto second = csv::append(folder / "log.csv", header, {"3", "4"});
  ASSERT_TRUE(second);
  EXPECT_EQ(second->moved_to, std::nullopt);
  EXPECT_EQ(csv::parse(content(folder / "log.csv"))->rows.size(), 2U);
}

TEST(Append, RefusesARowOfAnotherWidthAndTouchesNothing) {
  const Folder folder;
  const auto done = csv::append(folder / "log.csv", {"a", "b"}, {"1"});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.issue().code, "bad_csv");
  EXPECT_FALSE(std::filesystem::exists(folder / "log.csv"));
}

TEST(Append, NamesAFileItCannotOpen) {
  const Folder folder;
  const auto done = csv::append(folder / "no folder/log.csv", {"a"}, {"1"});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.issue().code, "io");
  EXPECT_THAT(done.issue().subject, HasSubstr("no folder/log.csv"));
  EXPECT_THAT(done.issue().text, HasSubstr("No such file"));
}

TEST(Append, RefusesAFolderAndADevice) {
  const Folder folder;
  EXPECT_EQ(csv::append(folder / ".", {"a"}, {"1"}).issue().code, "io");
  const auto device = csv::append("/dev/null", {"a"}, {"1"});
  ASSERT_FALSE(device) << "what is written there is lost";
  EXPECT_EQ(device.issue().code, "io");
}

TEST(Append, OfManyProcessesKeepsEveryRowWhole) {
  const Folder folder;
  const auto file = folder / "log.csv";
  write(file, "old\n");
  constexpr int processes = 4;
  constexpr int rows = 50;
  std::vector<pid_t> children;
  for (int p = 0; p < processes; ++p) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      int failures = 0;
      for (int i = 0; i < rows; ++i) {
        const auto done = csv::append(file, {"process", "row"}, {std::to_string(p), std::to_string(i)});
        failures += done ? 0 : 1;
      }
      ::_exit(failures == 0 ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  const auto table = csv::parse(content(file));
  ASSERT_TRUE(table);
  std::set<Fields> distinct;
  for (const csv::Row& row : table->rows) distinct.insert(row.fields);
  EXPECT_EQ(distinct.size(), static_cast<std::size_t>(processes * rows));
  EXPECT_EQ(table->rows.size(), static_cast<std::size_t>(processes * rows));
  EXPECT_EQ(content(folder / "log.csv.bak"), "old\n");
  EXPECT_FALSE(std::filesystem::exists(folder / "log.csv.bak_0")) << "two processes both moved the file";
}

}  // namespace
