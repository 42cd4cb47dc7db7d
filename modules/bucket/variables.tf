variable "name" {
  description = "The bucket's name, 3 to 63 characters, unique in all of AWS."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "\"${var.name}\" cannot name a bucket here: use 3 to 63 lower-case letters, digits and hyphens, no hyphen at either end (a period would break TLS on the bucket's own address)."
  }
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that encrypts the objects."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "\"${var.kms_key_arn}\" is no KMS key's ARN: give arn:aws:kms:<region>:<account>:key/<id>, not an alias or a bare id."
  }
}

variable "versioning" {
  description = "Whether an overwritten or deleted object is kept as a noncurrent version."
  type        = bool
  default     = true
  nullable    = false
}

variable "lifecycle_days" {
  description = "Days until an object moves to Glacier Instant Retrieval, a sixth of the price and read as before (`cold`; null: never; objects under 128 KB stay), until it expires (`expire`; null: never), until a noncurrent version does (`expire_noncurrent`), and until an upload that was never completed is dropped (`abort_multipart`)."
  type = object({
    cold              = optional(number)
    expire            = optional(number)
    expire_noncurrent = optional(number, 30)
    abort_multipart   = optional(number, 7)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for days in values(var.lifecycle_days) : try(days >= 1 && floor(days) == days, days == null)])
    error_message = "Days are whole numbers from 1; these are not: ${join(", ", [for what, days in var.lifecycle_days : "${what} = ${days}" if !try(days >= 1 && floor(days) == days, days == null)])}."
  }
}

variable "expiring_prefixes" {
  description = "Parts of the bucket whose objects expire by themselves, whatever `lifecycle_days` says of the rest: a name of your choice to a key prefix and the days until then. What is left of them as noncurrent versions goes after as many days more."
  type = map(object({
    prefix = string
    days   = number
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for part in values(var.expiring_prefixes) : can(regex("^[^/*?][^*?]*$", part.prefix)) && part.days >= 1 && floor(part.days) == part.days])
    error_message = "A prefix is not empty, does not start with a slash and has no * or ? in it, and its days are a whole number from 1; not so: ${join(", ", [for name, part in var.expiring_prefixes : "${name} = \"${part.prefix}\", ${part.days}" if !(can(regex("^[^/*?][^*?]*$", part.prefix)) && part.days >= 1 && floor(part.days) == part.days)])}."
  }
}

variable "cors" {
  description = "Which pages may call the bucket: their origins, whole, with methods, request headers (`*` stands for any characters) and the response headers that they may read, and the seconds for which a browser keeps the answer. Null: none."
  type = object({
    allowed_origins = list(string)
    allowed_methods = set(string)
    allowed_headers = optional(list(string), [])
    expose_headers  = optional(list(string), [])
    max_age_seconds = optional(number, 3600)
  })
  default = null

  validation {
    condition     = var.cors == null ? true : length(var.cors.allowed_origins) > 0 && alltrue([for origin in var.cors.allowed_origins : can(regex("^https://[a-zA-Z0-9.-]+(:[0-9]+)?$|^http://(127\\.0\\.0\\.1|([a-z0-9-]+\\.)*localhost)(:([0-9]+|\\*))?$", origin))])
    error_message = "cors.allowed_origins has one or more origins without a path and without *, such as https://shop.example.com (plain http only on this machine, whose ports may be *); not so: ${try(join(", ", [for origin in var.cors.allowed_origins : origin if !can(regex("^https://[a-zA-Z0-9.-]+(:[0-9]+)?$|^http://(127\\.0\\.0\\.1|([a-z0-9-]+\\.)*localhost)(:([0-9]+|\\*))?$", origin))]), "")}."
  }

  validation {
    condition     = var.cors == null ? true : length(var.cors.allowed_methods) > 0 && length(setsubtract(var.cors.allowed_methods, ["DELETE", "GET", "HEAD", "POST", "PUT"])) == 0
    error_message = "cors.allowed_methods has one or more of DELETE, GET, HEAD, POST and PUT, and is ${try(join(", ", var.cors.allowed_methods), "")}."
  }

  validation {
    condition     = var.cors == null ? true : var.cors.max_age_seconds >= 0 && floor(var.cors.max_age_seconds) == var.cors.max_age_seconds
    error_message = "cors.max_age_seconds is ${try(var.cors.max_age_seconds, 0)}; give a whole number from 0 up."
  }
}

variable "force_destroy" {
  description = "Whether destroying the bucket deletes the objects in it; otherwise a bucket that is not empty stays."
  type        = bool
  default     = false
  nullable    = false
}

variable "further_statements" {
  description = <<-EOT
    Statements added to the bucket's own policy, by a name of letters and digits: who (`principals`), which actions (named in
    full where they are allowed), on the bucket and the keys that begin with `prefix`, on which conditions. Allowing
    everybody (`*`) takes a condition, such as on `aws:PrincipalOrgID`.
  EOT
  type = map(object({
    effect = optional(string, "Allow")
    principals = object({
      type        = string
      identifiers = list(string)
    })
    actions = list(string)
    prefix  = optional(string, "")
    conditions = optional(list(object({
      test     = string
      variable = string
      values   = list(string)
    })), [])
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.further_statements) : can(regex("^[a-zA-Z0-9]{1,64}$", name))])
    error_message = "A statement's name is a part of its Sid and has 1 to 64 letters and digits; not so: ${join(", ", [for name in keys(var.further_statements) : "\"${name}\"" if !can(regex("^[a-zA-Z0-9]{1,64}$", name))])}."
  }

  validation {
    condition     = alltrue([for statement in values(var.further_statements) : contains(["Allow", "Deny"], statement.effect) && contains(["AWS", "Federated", "Service"], statement.principals.type) && length(statement.principals.identifiers) > 0])
    error_message = "A statement has the effect Allow or Deny and at least one principal of the type AWS, Federated or Service; not so: ${join(", ", [for name, statement in var.further_statements : "${name} (${statement.effect}, ${length(statement.principals.identifiers)} of ${statement.principals.type})" if !(contains(["Allow", "Deny"], statement.effect) && contains(["AWS", "Federated", "Service"], statement.principals.type) && length(statement.principals.identifiers) > 0)])}."
  }

  validation {
    condition     = alltrue([for statement in values(var.further_statements) : length(statement.actions) > 0 && alltrue([for action in statement.actions : can(regex(statement.effect == "Deny" ? "^s3:[a-zA-Z*]+$" : "^s3:[a-zA-Z]+$", action))])])
    error_message = "Actions are s3's, named in full, such as s3:GetObject (only Deny takes a *); not so: ${join(", ", [for name, statement in var.further_statements : "${name} (${join(", ", statement.actions)})" if !(length(statement.actions) > 0 && alltrue([for action in statement.actions : can(regex(statement.effect == "Deny" ? "^s3:[a-zA-Z*]+$" : "^s3:[a-zA-Z]+$", action))]))])}."
  }

  validation {
    condition     = alltrue([for statement in values(var.further_statements) : statement.effect == "Deny" || length(statement.conditions) > 0 || !contains(statement.principals.identifiers, "*")])
    error_message = "These statements let everybody in: ${join(", ", [for name, statement in var.further_statements : name if !(statement.effect == "Deny" || length(statement.conditions) > 0 || !contains(statement.principals.identifiers, "*"))])}. Name the principals, or give a condition."
  }

  validation {
    condition     = alltrue([for statement in values(var.further_statements) : can(regex("^([^/*?][^*?]*)?$", statement.prefix))])
    error_message = "A prefix does not start with a slash and has no * or ? in it; not so: ${join(", ", [for name, statement in var.further_statements : "${name} = \"${statement.prefix}\"" if !can(regex("^([^/*?][^*?]*)?$", statement.prefix))])}."
  }
}

variable "notify" {
  description = <<-EOT
    What is called for each new object whose key begins with a prefix, by a name of your choice: a `function`, by its alias.
    S3 calls it asynchronously, at least once and in any order; `prefix` may be empty, for all objects. No two prefixes may
    begin alike. Nothing else may set notifications of this bucket: S3 keeps one list of them.
  EOT
  type = map(object({
    function = object({
      function_name = string
      alias_name    = string
      alias_arn     = string
    })
    prefix = string
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.notify) : can(regex("^[a-zA-Z0-9_-]{1,64}$", name))])
    error_message = "A notification's name is its id and has 1 to 64 letters, digits, - or _; not so: ${join(", ", [for name in keys(var.notify) : "\"${name}\"" if !can(regex("^[a-zA-Z0-9_-]{1,64}$", name))])}."
  }

  validation {
    condition     = alltrue([for each in values(var.notify) : can(regex("^arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:function:[a-zA-Z0-9_-]+:[a-zA-Z0-9_-]+$", each.function.alias_arn))])
    error_message = "A function is notified by the ARN of its alias, such as arn:aws:lambda:us-east-1:111122223333:function:orders:live; not so: ${join(", ", [for name, each in var.notify : "${name} (${each.function.alias_arn})" if !can(regex("^arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:function:[a-zA-Z0-9_-]+:[a-zA-Z0-9_-]+$", each.function.alias_arn))])}."
  }

  validation {
    condition     = alltrue([for each in values(var.notify) : can(regex("^([^/*?][^*?]*)?$", each.prefix))])
    error_message = "A prefix does not start with a slash and has no * or ? in it; not so: ${join(", ", [for name, each in var.notify : "${name} = \"${each.prefix}\"" if !can(regex("^([^/*?][^*?]*)?$", each.prefix))])}."
  }

  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
  validation {
    condition     = alltrue([for name, each in var.notify : alltrue([for other, one in var.notify : other == name || !startswith(each.prefix, one.prefix)])])
    error_message = "S3 takes no two notifications for one object; these prefixes begin like another's: ${join(", ", [for name, each in var.notify : "${name} = \"${each.prefix}\"" if anytrue([for other, one in var.notify : other != name && startswith(each.prefix, one.prefix)])])}."
  }
}

variable "prefixes" {
  description = "Parts of the bucket that get policy statements of their own: a name of your choice to a key prefix, such as `{ records = \"records/\" }`."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for prefix in values(var.prefixes) : can(regex("^[^/*?][^*?]*$", prefix))])
    error_message = "A prefix is not empty, does not start with a slash and has no * or ? in it; not so: ${join(", ", [for name, prefix in var.prefixes : "${name} = \"${prefix}\"" if !can(regex("^[^/*?][^*?]*$", prefix))])}."
  }
}

variable "readers" {
  description = "AWS services that may read objects on behalf of one resource each, by a name of your choice: the `service`'s name, the resource's ARN, and what the keys begin with (`prefix`). The key has to let them in too."
  type = map(object({
    service    = string
    source_arn = string
    prefix     = optional(string, "")
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.readers) : can(regex("^[a-zA-Z0-9_-]+$", name))])
    error_message = "A reader's name has letters, digits, underscores and hyphens; not so: ${join(", ", [for name in keys(var.readers) : name if !can(regex("^[a-zA-Z0-9_-]+$", name))])}."
  }

  validation {
    condition     = alltrue([for reader in values(var.readers) : can(regex("^[a-z0-9-]+$", reader.service))])
    error_message = "A reader is a service's name without its domain, such as cloudfront; not so: ${join(", ", [for reader in values(var.readers) : reader.service if !can(regex("^[a-z0-9-]+$", reader.service))])}."
  }

  validation {
    condition     = alltrue([for reader in values(var.readers) : can(regex("^([^/*?][^*?]*)?$", reader.prefix))])
    error_message = "A prefix does not start with a slash and has no * or ? in it; not so: ${join(", ", [for name, reader in var.readers : "${name} = \"${reader.prefix}\"" if !can(regex("^([^/*?][^*?]*)?$", reader.prefix))])}."
  }
}

variable "tags" {
  description = "Tags of the bucket, beside the provider's `default_tags`."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key, value in var.tags : can(regex("^.{1,128}$", key)) && !startswith(lower(key), "aws:") && try(length(value) <= 256, true)])
    error_message = "A tag's key has 1 to 128 characters and does not begin with aws:, its value has at most 256; not so: ${join(", ", [for key, value in var.tags : "\"${key}\" (a value of ${try(length(value), 0)})" if !can(regex("^.{1,128}$", key)) || startswith(lower(key), "aws:") || try(length(value) > 256, false)])}."
  }
}
