variable "name" {
  description = "The key's alias, without the prefix `alias/`; an existing key gets none."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9/_-]{1,250}$", var.name)) && !startswith(var.name, "aws/")
    error_message = "The name \"${var.name}\" makes no alias: use 1 to 250 letters, digits, slashes, underscores and hyphens, and do not start with \"aws/\", which AWS keeps for itself."
  }
}

variable "description" {
  description = "What the key protects, for whoever finds it in the console."
  type        = string
  default     = "Encrypts data at rest."
  nullable    = false

  validation {
    condition     = length(var.description) <= 8192
    error_message = "description has ${length(var.description)} characters; give at most 8,192."
  }
}

variable "existing_key" {
  description = "ARN of a key of this region that there is already: the module makes none, and `policy_json` is what its policy has to allow. A key that the module has made is deleted then, and what it encrypts with it: choose before the first apply. Null: the module makes a key."
  type = object({
    arn = string
  })
  default = null

  validation {
    condition     = var.existing_key == null ? true : can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.existing_key.arn))
    error_message = "\"${try(var.existing_key.arn, "")}\" is no KMS key's ARN: give arn:aws:kms:<region>:<account>:key/<id>, not an alias or a bare id."
  }
}

variable "further_statements" {
  description = <<-EOT
    Statements added to the key's own policy, by a name of letters and digits: who (`principals`), which actions (named in
    full where they are allowed), on which conditions. Allowing everybody (`*`) takes a condition, such as on
    `aws:PrincipalOrgID`.
  EOT
  type = map(object({
    effect = optional(string, "Allow")
    principals = object({
      type        = string
      identifiers = list(string)
    })
    actions = list(string)
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
    condition     = alltrue([for statement in values(var.further_statements) : length(statement.actions) > 0 && alltrue([for action in statement.actions : can(regex(statement.effect == "Deny" ? "^kms:[a-zA-Z*]+$" : "^kms:[a-zA-Z]+$", action))])])
    error_message = "Actions are kms's, named in full, such as kms:Decrypt (only Deny takes a *); not so: ${join(", ", [for name, statement in var.further_statements : "${name} (${join(", ", statement.actions)})" if !(length(statement.actions) > 0 && alltrue([for action in statement.actions : can(regex(statement.effect == "Deny" ? "^kms:[a-zA-Z*]+$" : "^kms:[a-zA-Z]+$", action))]))])}."
  }

  validation {
    condition     = alltrue([for statement in values(var.further_statements) : statement.effect == "Deny" || length(statement.conditions) > 0 || !contains(statement.principals.identifiers, "*")])
    error_message = "These statements let everybody in: ${join(", ", [for name, statement in var.further_statements : name if !(statement.effect == "Deny" || length(statement.conditions) > 0 || !contains(statement.principals.identifiers, "*"))])}. Name the principals, or give a condition."
  }
}

variable "log_group_patterns" {
  description = "Names of the log groups of this account and region that CloudWatch Logs may encrypt with the key; `*` stands for any characters. Empty: none."
  type        = list(string)
  default     = ["*"]
  nullable    = false

  validation {
    condition     = alltrue([for pattern in var.log_group_patterns : can(regex("^[a-zA-Z0-9_./#*-]{1,512}$", pattern))])
    error_message = "A log group's name has letters, digits, and the signs _ - / . #, a pattern also *; not so: ${join(", ", [for pattern in var.log_group_patterns : pattern if !can(regex("^[a-zA-Z0-9_./#*-]{1,512}$", pattern))])}."
  }
}

variable "log_delivery" {
  description = "Whether the delivery of logs may decrypt with the key: a state machine's errors are encrypted with it on their way to its log group."
  type        = bool
  default     = false
  nullable    = false
}

variable "services" {
  description = "AWS services that use the key on their own behalf for this account: `budgets`, `cloudwatch` and `events` send to an encrypted SNS topic or SQS queue, `sns` to an encrypted queue, `s3` notifies an encrypted topic or queue. They are held to this account, `events` by the topic or queue that it encrypts for. Services that act for a caller (DynamoDB, Kinesis, S3 objects, Lambda) need no entry: the caller's role does."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(setsubtract(var.services, ["budgets", "cloudwatch", "events", "s3", "sns"])) == 0
    error_message = "Services may be budgets, cloudwatch, events, s3 and sns, not ${join(", ", setsubtract(var.services, ["budgets", "cloudwatch", "events", "s3", "sns"]))}."
  }
}

variable "readers" {
  description = "AWS services that decrypt on behalf of a resource, by the service's name, with the ARNs of those resources (`*` stands for any characters): `{ cloudfront = [\"arn:aws:cloudfront::111122223333:distribution/*\"] }` lets distributions read encrypted buckets that let them in."
  type        = map(list(string))
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for service, arns in var.readers : can(regex("^[a-z0-9-]+$", service)) && length(arns) > 0])
    error_message = "A reader is a service's name without its domain, such as cloudfront, and at least one resource; not so: ${join(", ", [for service, arns in var.readers : service if !can(regex("^[a-z0-9-]+$", service)) || length(arns) == 0])}."
  }

  validation {
    condition     = alltrue([for arn in flatten(values(var.readers)) : can(regex("^arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+$", arn))])
    error_message = "Readers are held to resources of one account, such as arn:aws:cloudfront::111122223333:distribution/*; these are not: ${join(", ", [for arn in flatten(values(var.readers)) : arn if !can(regex("^arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+$", arn))])}."
  }
}

variable "deletion_window_days" {
  description = "Days between a request to delete the key and its end, 7 to 30; until then the request can be taken back."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains(range(7, 31), var.deletion_window_days)
    error_message = "A deletion window of ${var.deletion_window_days} days is not possible: choose a whole number from 7 to 30."
  }
}

variable "rotation_period_days" {
  description = "Days between two rotations of the key material, 90 to 2560."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = var.rotation_period_days >= 90 && var.rotation_period_days <= 2560 && floor(var.rotation_period_days) == var.rotation_period_days
    error_message = "A rotation every ${var.rotation_period_days} days is not possible: choose a whole number from 90 to 2560."
  }
}

variable "tags" {
  description = "Tags of the key, beside the provider's `default_tags`."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key, value in var.tags : can(regex("^.{1,128}$", key)) && !startswith(lower(key), "aws:") && try(length(value) <= 256, true)])
    error_message = "A tag's key has 1 to 128 characters and does not begin with aws:, its value has at most 256; not so: ${join(", ", [for key, value in var.tags : "\"${key}\" (a value of ${try(length(value), 0)})" if !can(regex("^.{1,128}$", key)) || startswith(lower(key), "aws:") || try(length(value) > 256, false)])}."
  }
}
