#include "core/schema/schema.hpp"

#include "core/schema/compiler.hpp"
#include "core/schema/program.hpp"
#include "core/schema/validation.hpp"

namespace plumb {

Result<Schema> Schema::compile(const Json& schema, const SchemaOptions& options) {
  static const SchemaDocuments none;
  auto program = std::make_shared<SchemaProgram>();
  PLUMB_CHECK(Compiler(options, options.documents == nullptr ? none : *options.documents, *program)
                  .run(schema));
  Schema compiled;
  compiled.program_ = std::move(program);
  return compiled;
}

std::vector<SchemaError> Schema::validate(const Json& value) const {
  return Validation(*program_, value).errors();
}

}  // namespace plumb
