variable "alarm_actions" {
  description = "ARNs told when an alarm changes state, usually one SNS topic. Empty: the alarms exist and tell nobody."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "alarms" {
  description = <<-EOT
    When the function's alarms ring, counted over `period_seconds`: more than `errors` failed invocations, more than
    `throttles` refused ones, or a P99 duration above `duration_share` (0 to 1) of the timeout.
  EOT
  type = object({
    errors         = optional(number, 0)
    throttles      = optional(number, 0)
    duration_share = optional(number, 0.8)
    period_seconds = optional(number, 300)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.alarms.duration_share > 0 && var.alarms.duration_share <= 1
    error_message = "alarms.duration_share is ${var.alarms.duration_share}; give a share of the timeout above 0 and up to 1, such as 0.8."
  }

  validation {
    condition     = var.alarms.period_seconds >= 60 && var.alarms.period_seconds % 60 == 0
    error_message = "alarms.period_seconds is ${var.alarms.period_seconds}; give a multiple of 60, such as 300."
  }
}

variable "alarms_enabled" {
  description = "Whether the function has its alarms. Without them something else should watch it."
  type        = bool
  default     = true
  nullable    = false
}

variable "architecture" {
  description = "Processor of the function: arm64 (a fifth cheaper) or x86_64."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture is \"${var.architecture}\"; give arm64 or x86_64."
  }
}

variable "artifact" {
  description = <<-EOT
    The code to run, exactly one of: the zip at `path`, relative to the working directory of Terraform; the zip in a bucket
    (`s3`), whose plan shows a change when its `version` changes; a container image (`image_uri`), best by its digest. A plan
    shows a change of a zip at `path` only when its bytes change.
  EOT
  type = object({
    path = optional(string)
    s3 = optional(object({
      bucket  = string
      key     = string
      version = string
    }))
    image_uri = optional(string)
  })
  nullable = false

  validation {
    condition     = length([for kind in [var.artifact.path, var.artifact.s3, var.artifact.image_uri] : kind if kind != null]) == 1
    error_message = "artifact has ${join(" and ", [for kind, value in { path = var.artifact.path, s3 = var.artifact.s3, image_uri = var.artifact.image_uri } : kind if value != null])}${var.artifact.path == null && var.artifact.s3 == null && var.artifact.image_uri == null ? "none of path, s3 and image_uri" : ""}; give exactly one of them."
  }

  validation {
    condition     = var.artifact.path == null ? true : fileexists(var.artifact.path)
    error_message = "There is no zip at ${coalesce(var.artifact.path, "(none)")}: build it first, or give the right path."
  }

  validation {
    condition     = var.artifact.s3 == null ? true : try(length(var.artifact.s3.version) > 0, false)
    error_message = "artifact.s3 of ${try(var.artifact.s3.key, "")} has no version; give the object's version id, from a bucket with versioning, or no plan would show a change."
  }

  # https://docs.aws.amazon.com/lambda/latest/dg/images-create.html: an image in Amazon ECR, of the function's region.
  validation {
    condition     = var.artifact.image_uri == null ? true : can(regex("^[0-9]{12}\\.dkr\\.ecr[.-][a-z0-9.-]+/[^\\s:@]+(:[^\\s@]+)?(@sha256:[0-9a-f]{64})?$", var.artifact.image_uri))
    error_message = "artifact.image_uri is \"${coalesce(var.artifact.image_uri, "none")}\"; give an image of Amazon ECR, such as 111122223333.dkr.ecr.us-east-1.amazonaws.com/orders@sha256:<digest>."
  }
}

variable "canary" {
  description = <<-EOT
    Tries the newest version on a share of the calls: `version` is the number of the one that keeps
    serving, `weight` the share, from 0 to below 1, that goes to the newest. With a weight of 0 everything
    goes to `version`: a rollback. Null: everything goes to the newest. Not for a stream's consumer, whose batches must
    never be cut between two versions.
  EOT
  type = object({
    version = string
    weight  = number
  })
  default = null

  validation {
    condition     = var.canary == null ? true : can(regex("^[1-9][0-9]*$", var.canary.version))
    error_message = "canary.version is \"${try(var.canary.version, "")}\"; give the number of the published version that keeps serving, such as 7."
  }

  validation {
    condition     = var.canary == null ? true : var.canary.weight >= 0 && var.canary.weight < 1
    error_message = "canary.weight is ${try(var.canary.weight, 0)}; give the share of calls for the newest version, from 0 (none) to below 1. For all of them, set canary = null."
  }
}

variable "description" {
  description = "One sentence shown in the console; empty for none."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = length(var.description) <= 256
    error_message = "description has ${length(var.description)} characters; give at most 256."
  }
}

variable "environment" {
  description = "Environment variables by name, encrypted with `kms_key_arn`. Not for secrets: whoever may read the function may read them."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.environment) : can(regex("^[a-zA-Z]([a-zA-Z0-9_])+$", name))])
    error_message = "Environment variables need names of letters, digits and _ that begin with a letter; these do not: ${join(", ", [for name in keys(var.environment) : name if !can(regex("^[a-zA-Z]([a-zA-Z0-9_])+$", name))])}."
  }
}

variable "ephemeral_storage_mb" {
  description = "Size of `/tmp` in MiB. AWS bills what is above 512."
  type        = number
  default     = 512
  nullable    = false

  validation {
    condition     = var.ephemeral_storage_mb >= 512 && var.ephemeral_storage_mb <= 10240 && floor(var.ephemeral_storage_mb) == var.ephemeral_storage_mb
    error_message = "ephemeral_storage_mb is ${var.ephemeral_storage_mb}; give a whole number from 512 to 10240."
  }
}

variable "existing_role" {
  description = <<-EOT
    A role that somebody else keeps, by its `arn`: the module makes none, and attaches nothing to this one. It must let the
    function write its log group and decrypt its environment, and with `vpc` have AWSLambdaVPCAccessExecutionRole. Null: the
    module makes the role.
  EOT
  type = object({
    arn = string
  })
  default = null

  validation {
    condition     = var.existing_role == null ? true : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/.+$", var.existing_role.arn))
    error_message = "existing_role.arn is \"${try(var.existing_role.arn, "")}\"; give a role's ARN, such as arn:aws:iam::111122223333:role/orders, or leave existing_role out."
  }

  validation {
    condition     = var.existing_role == null || length(var.policy_statements) + length(var.managed_policy_arns) == 0
    error_message = "existing_role is given, which this module does not change, and beside it ${join(", ", concat(keys(var.policy_statements), keys(var.managed_policy_arns)))}: grant these to the role where it is made, and leave policy_statements and managed_policy_arns out."
  }

  validation {
    condition     = var.existing_role == null || (var.role_path == "/" && var.permissions_boundary_arn == null)
    error_message = "existing_role is given, which this module does not change: role_path (${var.role_path}) and permissions_boundary_arn (${coalesce(var.permissions_boundary_arn, "none")}) are for the role that it makes. Leave them out."
  }
}

variable "handler" {
  description = "Entry point in the zip, in the form of its runtime: `package.module.function` for Python. Null for an image, which has its own."
  type        = string
  default     = null

  validation {
    condition     = (var.handler == null) == (var.artifact.path == null && var.artifact.s3 == null)
    error_message = "handler is ${var.handler == null ? "missing: a zip needs one, such as orders.handler" : "\"${coalesce(var.handler, "")}\", and an image has its own entry point: leave it out"}."
  }

  # https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
  validation {
    condition     = var.handler == null ? true : can(regex("^[^\\s]{1,128}$", var.handler))
    error_message = "handler is \"${coalesce(var.handler, "none")}\"; give 1 to 128 characters without a space."
  }

  validation {
    condition     = var.handler == null || !can(regex("^(python|nodejs|ruby)", var.runtime)) ? true : can(regex("^[^\\s]+\\.[^\\s.]+$", var.handler))
    error_message = "handler is \"${coalesce(var.handler, "none")}\"; give module and function with a dot between them, such as orders.handler.handler."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts the environment variables and the logs. Its policy must let CloudWatch Logs use it."
  type        = string
  nullable    = false
}

variable "layers" {
  description = "ARNs of layer versions, in the order in which they are unpacked over each other; five at most."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.layers : can(regex("^arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:layer:[a-zA-Z0-9_-]+:[0-9]+$", arn))])
    error_message = "A layer is given by the ARN of a version, such as arn:aws:lambda:us-east-1:111122223333:layer:tools:3; not so: ${join(", ", [for arn in var.layers : arn if !can(regex("^arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:layer:[a-zA-Z0-9_-]+:[0-9]+$", arn))])}."
  }

  # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
  validation {
    condition     = length(var.layers) <= 5
    error_message = "There are ${length(var.layers)} layers; a function has 5 at most."
  }

  validation {
    condition     = length(var.layers) == 0 || var.artifact.path != null || var.artifact.s3 != null
    error_message = "layers are ${join(", ", var.layers)}, and the function runs an image, which takes none: put what they hold into the image."
  }
}

variable "log" {
  description = "The function's log: days it is kept, and the lowest `level` written (the function's own lines; Lambda's are written from WARN)."
  type = object({
    retention_days = optional(number, 365)
    level          = optional(string, "INFO")
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log.retention_days)
    error_message = "log.retention_days is ${var.log.retention_days}; CloudWatch Logs takes 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731 or up to 3653 in its own steps."
  }

  validation {
    condition     = contains(["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"], var.log.level)
    error_message = "log.level is \"${var.log.level}\"; give TRACE, DEBUG, INFO, WARN, ERROR or FATAL."
  }
}

variable "managed_policy_arns" {
  description = "ARNs of managed policies that the function's role gets beside `policy_statements`, by a name of your choice. The least that serves is a statement."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for arn in values(var.managed_policy_arns) : can(regex("^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/.+$", arn))])
    error_message = "A managed policy is given by its ARN, such as arn:aws:iam::aws:policy/CloudWatchLambdaInsightsExecutionRolePolicy; not so: ${join(", ", [for name, arn in var.managed_policy_arns : "${name} (${arn})" if !can(regex("^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/.+$", arn))])}."
  }
}

variable "memory_mb" {
  description = "Memory in MiB; processor share grows with it."
  type        = number
  default     = 256
  nullable    = false

  validation {
    condition     = var.memory_mb >= 128 && var.memory_mb <= 10240 && floor(var.memory_mb) == var.memory_mb
    error_message = "memory_mb is ${var.memory_mb}; give a whole number from 128 to 10240."
  }
}

variable "name" {
  description = "Name of the function and its log group, whole: nothing is put before or behind it. The role's has the region behind it, `<name>@<region>`, since roles are the account's."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,64}$", var.name))
    error_message = "name is \"${var.name}\" (${length(var.name)} characters); give 1 to 64 letters, digits, - or _."
  }
}

variable "on_failure" {
  description = <<-EOT
    Where an event goes that failed all tries, of those by which AWS services call the function asynchronously (S3, EventBridge,
    SNS): the bucket of `bucket_arn`, in this account, under `aws/lambda/async/<name>/`, with the event, the error and the tries;
    `kms_key_arn` is the bucket's key, `kms_key_arn` of the module unless given. Null: nowhere, such an event is lost.
  EOT
  type = object({
    bucket_arn  = string
    kms_key_arn = optional(string)
  })
  default = null

  validation {
    condition     = var.on_failure == null ? true : can(regex("^arn:[a-z-]+:s3:::[a-z0-9.-]{3,63}$", var.on_failure.bucket_arn))
    error_message = "on_failure.bucket_arn is \"${try(var.on_failure.bucket_arn, "")}\"; give a bucket's ARN, such as arn:aws:s3:::orders-failures."
  }
}

variable "permissions_boundary_arn" {
  description = "ARN of the policy that bounds what the function's role may ever do, where whoever applies may make roles with it only. Null: none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null ? true : can(regex("^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/.+$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn is \"${coalesce(var.permissions_boundary_arn, "none")}\"; give a policy's ARN, such as arn:aws:iam::111122223333:policy/boundary, or null for none."
  }
}

variable "policy_statements" {
  description = <<-EOT
    What the function may do, by a name for each statement: usually the `policy_statements` outputs of the modules whose
    resources it uses; with the `effect` Deny, what it may not do whatever else says. Writing its log and reading its
    environment variables are granted by this module.
  EOT
  type = map(object({
    effect    = optional(string, "Allow")
    actions   = list(string)
    resources = list(string)
    conditions = optional(list(object({
      test     = string
      variable = string
      values   = list(string)
    })), [])
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue(flatten([for statement in values(var.policy_statements) : [for action in statement.actions : !strcontains(action, "*")]]))
    error_message = "Actions are named in full; these statements have a * in one: ${join(", ", [for name, statement in var.policy_statements : name if anytrue([for action in statement.actions : strcontains(action, "*")])])}."
  }

  validation {
    condition     = alltrue([for statement in values(var.policy_statements) : contains(["Allow", "Deny"], statement.effect)])
    error_message = "A statement has the effect Allow or Deny; not so: ${join(", ", [for name, statement in var.policy_statements : "${name} (${statement.effect})" if !contains(["Allow", "Deny"], statement.effect)])}."
  }
}

variable "reserved_concurrency" {
  description = "Invocations that may run at once, taken out of the account's pool; 0 stops the function, null reserves nothing."
  type        = number
  default     = null

  validation {
    condition     = var.reserved_concurrency == null ? true : var.reserved_concurrency >= 0 && floor(var.reserved_concurrency) == var.reserved_concurrency
    error_message = "reserved_concurrency is ${coalesce(var.reserved_concurrency, -1)}; give a whole number from 0 up, or null for no reservation."
  }
}

variable "role_path" {
  description = "Path of the function's role, where whoever applies may make roles below one only."
  type        = string
  default     = "/"
  nullable    = false

  # https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
  validation {
    condition     = var.role_path == "/" || can(regex("^/[!-~]{1,510}/$", var.role_path))
    error_message = "role_path is \"${var.role_path}\"; give a path that begins and ends with a slash, such as /teams/orders/."
  }
}

variable "runbooks_url" {
  description = "Where the alarms' runbooks are, a path or an address without a slash at its end: each alarm's description ends with the page of its kind, such as `<runbooks_url>/function-errors.md`. Empty: descriptions name none."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = !endswith(var.runbooks_url, "/")
    error_message = "runbooks_url is \"${var.runbooks_url}\"; give it without a slash at its end."
  }

  validation {
    condition     = length(var.runbooks_url) <= 256
    error_message = "runbooks_url has ${length(var.runbooks_url)} characters; give at most 256. An alarm's description, which ends with it, has at most 1,024."
  }
}

variable "runtime" {
  description = "Lambda runtime identifier, any; not used for an image. Levels in logs need a managed runtime that writes them."
  type        = string
  default     = "python3.13"
  nullable    = false
}

variable "tags" {
  description = "Tags for every resource of the module, beside the provider's default_tags."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key, value in var.tags : can(regex("^.{1,128}$", key)) && !startswith(lower(key), "aws:") && try(length(value) <= 256, true)])
    error_message = "A tag's key has 1 to 128 characters and does not begin with aws:, its value has at most 256; not so: ${join(", ", [for key, value in var.tags : "\"${key}\" (a value of ${try(length(value), 0)})" if !can(regex("^.{1,128}$", key)) || startswith(lower(key), "aws:") || try(length(value) > 256, false)])}."
  }
}

variable "timeout_seconds" {
  description = "Seconds after which an invocation is ended."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.timeout_seconds >= 1 && var.timeout_seconds <= 900 && floor(var.timeout_seconds) == var.timeout_seconds
    error_message = "timeout_seconds is ${var.timeout_seconds}; give a whole number from 1 to 900."
  }
}

variable "tracing_mode" {
  description = "X-Ray: PassThrough follows the caller's decision and costs nothing by itself; Active samples and is billed per trace."
  type        = string
  default     = "PassThrough"
  nullable    = false

  validation {
    condition     = contains(["Active", "PassThrough"], var.tracing_mode)
    error_message = "tracing_mode is \"${var.tracing_mode}\"; give Active or PassThrough."
  }
}

variable "vpc" {
  description = "The subnets and security groups that the function's network interfaces are in, to reach what has no public address; it reaches AWS's own services by endpoints or NAT only then. Null: it runs outside of a VPC."
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
  })
  default = null

  validation {
    condition     = var.vpc == null ? true : length(var.vpc.subnet_ids) > 0
    error_message = "vpc has the security groups ${try(join(", ", var.vpc.security_group_ids), "")} and no subnet_ids: give one subnet in each of two zones, or vpc = null."
  }

  validation {
    condition     = var.vpc == null ? true : length(var.vpc.security_group_ids) > 0
    error_message = "vpc has the subnets ${try(join(", ", var.vpc.subnet_ids), "")} and no security_group_ids: give at least one, which decides what the function may reach, or vpc = null."
  }

  validation {
    condition     = var.vpc == null ? true : alltrue([for id in var.vpc.subnet_ids : startswith(id, "subnet-")]) && alltrue([for id in var.vpc.security_group_ids : startswith(id, "sg-")])
    error_message = "vpc takes ids of subnets (subnet-…) and of security groups (sg-…); not so: ${join(", ", try(concat([for id in var.vpc.subnet_ids : id if !startswith(id, "subnet-")], [for id in var.vpc.security_group_ids : id if !startswith(id, "sg-")]), []))}."
  }
}
