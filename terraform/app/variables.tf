variable "access_log_retention_days" {
  description = "Days for which the API's access log is kept, one line a request, in the steps that CloudWatch Logs takes."
  type        = number
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.access_log_retention_days)
    error_message = "access_log_retention_days is ${var.access_log_retention_days}; CloudWatch Logs takes 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731 or up to 3653 in its own steps."
  }

  validation {
    condition     = !var.protected || var.access_log_retention_days >= 90
    error_message = "access_log_retention_days is ${var.access_log_retention_days}; ${var.environment} is protected and keeps its access log for three months: give 90 or more."
  }
}

variable "alarm_emails" {
  description = "Addresses that are told of every alarm, through the environment's topic; each has to confirm once."
  type        = list(string)
  nullable    = false

  validation {
    condition     = alltrue([for address in var.alarm_emails : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", address))])
    error_message = "alarm_emails are addresses of the form name@example.com; these are not: ${join(", ", [for address in var.alarm_emails : address if !can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", address))])}."
  }

  validation {
    condition     = !anytrue([for address in var.alarm_emails : can(regex("(?i)[@.](example(\\.(com|net|org))?|invalid|test)$", address))])
    error_message = "These alarm_emails are placeholders, which nobody reads: ${join(", ", [for address in var.alarm_emails : address if can(regex("(?i)[@.](example(\\.(com|net|org))?|invalid|test)$", address))])}. Give addresses that somebody does."
  }
}

variable "alarm_topic_arns" {
  description = "SNS topics that exist already and are told of every alarm, such as an on-call tool's."
  type        = list(string)
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.alarm_topic_arns : can(regex("^arn:[^:]+:sns:[^:]+:[0-9]{12}:[^:]+$", arn))])
    error_message = "alarm_topic_arns are ARNs of SNS topics; these are not: ${join(", ", [for arn in var.alarm_topic_arns : arn if !can(regex("^arn:[^:]+:sns:[^:]+:[0-9]{12}:[^:]+$", arn))])}."
  }

  validation {
    condition     = !var.protected || var.local_cognito_url != "" || length(var.alarm_emails) + length(var.alarm_topic_arns) > 0
    error_message = "${var.environment} is protected, and its alarms have to reach somebody: set alarm_emails or alarm_topic_arns (only a local cloud goes without)."
  }
}

variable "allowed_account_ids" {
  description = "AWS accounts that this environment may live in; any other is refused. Empty: every account is taken."
  type        = list(string)
  nullable    = false

  validation {
    condition     = alltrue([for id in var.allowed_account_ids : can(regex("^[0-9]{12}$", id))])
    error_message = "allowed_account_ids have 12 digits; these have not: ${join(", ", [for id in var.allowed_account_ids : id if !can(regex("^[0-9]{12}$", id))])}."
  }
}

variable "api" {
  description = "The API's own domain: its `name`, and the ARN of an ACM certificate for it in this region. Then the API answers there only, and `api_url` is its address; `keep_default_endpoint` leaves API Gateway's own open, until the domain points to `api_domain_target`. Null: API Gateway's own."
  type = object({
    domain = optional(object({
      name                  = string
      certificate_arn       = string
      keep_default_endpoint = optional(bool, false)
    }))
  })
  default  = {}
  nullable = false
}

variable "archive" {
  description = <<-EOT
    The archive of the log: whether there is one, seconds that one object holds, days after which objects move to cold storage,
    days until they expire (null: never), and whether destroying the environment deletes what is in it. `fan_out` reads the
    stream by a consumer of its own, so that the archive takes none of the five reads a second that a shard gives all others.
  EOT
  type = object({
    enabled        = bool
    fan_out        = bool
    window_seconds = number
    cold_days      = number
    expire_days    = number
    force_destroy  = bool
  })
  nullable = false

  validation {
    condition     = var.archive.window_seconds >= 0 && var.archive.window_seconds <= 300 && floor(var.archive.window_seconds) == var.archive.window_seconds
    error_message = "archive.window_seconds is ${var.archive.window_seconds}; give a whole number from 0 to 300."
  }

  validation {
    condition     = var.archive.expire_days == null ? true : var.archive.expire_days >= var.archive.cold_days + 90
    error_message = "archive.expire_days is ${coalesce(var.archive.expire_days, 0)}; cold storage is paid for 90 days at least: give ${var.archive.cold_days + 90} or more, or null to keep the log for ever."
  }

  validation {
    condition     = !var.protected || (var.archive.enabled && !var.archive.force_destroy)
    error_message = "${var.environment} is protected and keeps its log: set archive.enabled = true and archive.force_destroy = false."
  }
}

variable "artifacts_dir" {
  description = "Folder of the zips, one per function, as `make package` writes them; relative to this folder."
  type        = string
  default     = "../../build/artifacts"
  nullable    = false

  validation {
    condition     = alltrue([for zip in local.zips : fileexists("${var.artifacts_dir}/${zip}")])
    error_message = "These zips are missing in ${var.artifacts_dir}: ${join(", ", [for zip in local.zips : zip if !fileexists("${var.artifacts_dir}/${zip}")])}. Run `make package` first."
  }
}

variable "budget" {
  description = "What the environment may cost a month, in US dollars. Who gets the alarms is told when 80 % of it are forecast and when all of it is spent; nothing is stopped."
  type = object({
    monthly_usd = number
  })
  nullable = false

  validation {
    condition     = var.budget.monthly_usd > 0
    error_message = "budget.monthly_usd is ${var.budget.monthly_usd}; give dollars above 0, such as 100."
  }
}

variable "canary" {
  description = <<-EOT
    The functions of the API whose newest version is being tried on a share of the calls, by `catalog_api`, `event_writer`,
    `shop_api`, `studio_api`, `trending_api` or `winner_api`: `version` keeps serving, `weight` (from 0 to below 1) goes to the newest. Null: the
    newest has all. The views' functions cannot be here: a shard's batches are for one version.
  EOT
  # A map, for Terraform drops what an object does not name.
  type = map(object({
    version = string
    weight  = number
  }))
  nullable = false

  validation {
    condition     = length(setsubtract(keys(var.canary), local.api_functions)) == 0
    error_message = "canary has ${join(", ", setsubtract(keys(var.canary), local.api_functions))}; a version can be tried of ${join(", ", local.api_functions)}, and of no view: its batches are for one version."
  }
}

variable "environment" {
  description = "Which environment this is: part of every name, and what its state is pinned to."
  type        = string
  nullable    = false

  validation {
    condition     = contains(local.environments, var.environment)
    error_message = "environment is \"${var.environment}\"; environments/project.json lists ${join(", ", local.environments)}."
  }

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", "${local.project}-${var.environment}"))
    error_message = "environments/project.json names the project \"${local.project}\" and an environment \"${var.environment}\"; both have lower-case letters, digits and single hyphens only, and the project begins with a letter."
  }

  validation {
    condition     = length("${local.project}-${var.environment}") <= local.longest_prefix
    error_message = "environments/project.json names the project \"${local.project}\", which has ${length(local.project)} characters; give at most ${local.longest_prefix - length("-${var.environment}")}. With ${var.environment} and what follows, a bucket's name may have 63 and a function's 64."
  }
}

variable "event_writer" {
  description = <<-EOT
    The function that puts events on the stream: memory in MiB, seconds for an answer, the events at once and a second
    that it takes, everybody's together, and whether this is a workshop, where photographers may name a picture of any product
    (`product/image`) without being asked for it, and customers a purchase (`product/purchase`) without an order.
  EOT
  type = object({
    memory_mb       = number
    timeout_seconds = number
    workshop        = bool
    throttle = object({
      burst           = number
      rate_per_second = number
    })
  })
  nullable = false

  validation {
    condition     = var.event_writer.timeout_seconds >= 16 && var.event_writer.timeout_seconds <= 29
    error_message = "event_writer.timeout_seconds is ${var.event_writer.timeout_seconds}; give 16 to 29: three calls of AWS take up to 15, and API Gateway hangs up after 30."
  }

  validation {
    condition     = !var.protected || !var.event_writer.workshop
    error_message = "${var.environment} is protected, its pictures come from photographers who were asked for them and its sales from orders: set event_writer.workshop = false."
  }
}

variable "generations" {
  description = <<-EOT
    Generations of the views that stand side by side, by number: part of their tables' and functions' names. A new one starts
    empty. `build` is the commit whose code folds it (40 digits; null: this commit's), for a rule of credit that changed;
    `enabled = false` keeps it off the stream until `retailctl replay fold` has filled it from the archive.
  EOT
  # Maps all the way, for Terraform drops what an object does not name: `enable = false` would read the stream.
  type     = map(map(string))
  nullable = false

  validation {
    condition     = length(var.generations) > 0 && alltrue([for number in keys(var.generations) : can(regex("^[1-9][0-9]{0,3}$", number))])
    error_message = "generations are numbered from 1 up to 9999; these are: ${join(", ", keys(var.generations))}."
  }

  validation {
    condition     = alltrue([for generation in values(var.generations) : length(setsubtract(keys(generation), ["build", "enabled"])) == 0])
    error_message = "A generation has build and enabled; there are also ${join(", ", flatten([for number, generation in var.generations : [for key in setsubtract(keys(generation), ["build", "enabled"]) : "${key} of ${number}"]]))}."
  }

  validation {
    condition     = alltrue([for generation in values(var.generations) : can(tobool(lookup(generation, "enabled", null)))])
    error_message = "enabled of a generation is true or false; these are not: ${join(", ", [for generation in values(var.generations) : generation.enabled if !can(tobool(lookup(generation, "enabled", null)))])}."
  }

  validation {
    condition     = alltrue([for generation in values(var.generations) : lookup(generation, "build", null) == null ? true : can(regex("^[0-9a-f]{40}$", generation.build))])
    error_message = "A build is a commit's whole hash, 40 hexadecimal digits (`git rev-parse <commit>`); these are not: ${join(", ", [for generation in values(var.generations) : generation.build if lookup(generation, "build", null) == null ? false : !can(regex("^[0-9a-f]{40}$", generation.build))])}."
  }
}

variable "kms_key_arn" {
  description = "ARN of a KMS key of this region that there is already and that encrypts the environment: docs/environments.md says what its policy has to allow. Give it before the first apply: afterwards the environment's own key is deleted, and what it encrypts with it. Empty: the environment gets a key of its own."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = var.kms_key_arn == "" || can(regex("^arn:[a-z-]+:kms:${var.region}:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn is \"${var.kms_key_arn}\"; give arn:aws:kms:${var.region}:<account>:key/<id>, a key of the environment's region and not an alias, or leave it empty."
  }
}

variable "live_generation" {
  description = "The generation that the API reads; the others fold beside it."
  type        = number
  nullable    = false

  validation {
    condition     = contains(keys(var.generations), tostring(var.live_generation))
    error_message = "live_generation is ${var.live_generation}; of generations there are only ${join(", ", keys(var.generations))}."
  }

  validation {
    condition     = try(local.generations[tostring(var.live_generation)].enabled, true)
    error_message = "Generation ${var.live_generation} is live and does not follow the stream: its board would stand still. Take `enabled = false` off it."
  }
}

variable "live_shop_generation" {
  description = "The generation of the shop's view that the API reads; the others fold beside it."
  type        = number
  nullable    = false

  validation {
    condition     = contains(keys(var.shop_generations), tostring(var.live_shop_generation))
    error_message = "live_shop_generation is ${var.live_shop_generation}; of shop_generations there are only ${join(", ", keys(var.shop_generations))}."
  }

  validation {
    condition     = try(local.shop_generations[tostring(var.live_shop_generation)].enabled, true)
    error_message = "Generation ${var.live_shop_generation} of the shop is live and does not follow the stream: its catalog would stand still. Take `enabled = false` off it."
  }
}

variable "local_cognito_url" {
  description = "Only for a local cloud, whose `make up` sets it: where browsers reach its Cognito, without a slash at its end. Empty: AWS's own address."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = var.local_cognito_url == "" || can(regex("^http://(127\\.0\\.0\\.1|localhost):[0-9]+$", var.local_cognito_url))
    error_message = "local_cognito_url is \"${var.local_cognito_url}\"; passwords are sent there, so it is on this machine, such as http://127.0.0.1:4566, or empty for AWS."
  }
}

variable "log_level" {
  description = "Lowest level that the functions log: DEBUG, INFO, WARN or ERROR."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["DEBUG", "INFO", "WARN", "ERROR"], var.log_level)
    error_message = "log_level is \"${var.log_level}\"; give DEBUG, INFO, WARN or ERROR."
  }
}

variable "log_retention_days" {
  description = "Days for which the logs of functions and API are kept, in the steps that CloudWatch Logs takes."
  type        = number
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is ${var.log_retention_days}; CloudWatch Logs takes 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731 or up to 3653 in its own steps."
  }

  validation {
    condition     = !var.protected || var.log_retention_days >= 365
    error_message = "log_retention_days is ${var.log_retention_days}; ${var.environment} is protected and keeps its logs for a year: give 365 or more."
  }
}

variable "permissions_boundary_arn" {
  description = "ARN of the boundary that every role carries in an account where CI applies; `make` finds it there by itself. Empty: none."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = var.permissions_boundary_arn == "" || can(regex("^arn:[a-z-]+:iam::[0-9]{12}:policy/.+$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn is \"${var.permissions_boundary_arn}\"; give a policy's ARN, such as arn:aws:iam::111122223333:policy/hello-retail-dev-boundary, or leave it empty."
  }
}

variable "photos" {
  description = <<-EOT
    How products are photographed: minutes that a photographer who is asked has, pictures that one registration is good for,
    seconds after which a product that waits for a photographer is looked at again, days for which it waits at most, how
    photographers are told beside the page (`none`; `sms`: by a text to the phone that they registered), and the most bytes
    of a picture.
  EOT
  type = object({
    minutes          = number
    per_registration = number
    recheck_seconds  = number
    patience_days    = number
    messages         = string
    max_bytes        = number
  })
  nullable = false

  validation {
    condition     = var.photos.minutes >= 1 && var.photos.minutes <= 1440 && floor(var.photos.minutes) == var.photos.minutes
    error_message = "photos.minutes is ${var.photos.minutes}; give a whole number from 1 to 1440, which is a day."
  }

  validation {
    condition     = var.photos.per_registration >= 1 && var.photos.per_registration <= 1000 && floor(var.photos.per_registration) == var.photos.per_registration
    error_message = "photos.per_registration is ${var.photos.per_registration}; give a whole number from 1 to 1000."
  }

  validation {
    condition     = var.photos.recheck_seconds >= 60 && var.photos.recheck_seconds <= 86400 && floor(var.photos.recheck_seconds) == var.photos.recheck_seconds
    error_message = "photos.recheck_seconds is ${var.photos.recheck_seconds}; give a whole number from 60 to 86400: whoever registers is matched at once, and each look is paid for."
  }

  validation {
    condition     = var.photos.patience_days >= 1 && var.photos.patience_days <= 60 && floor(var.photos.patience_days) == var.photos.patience_days
    error_message = "photos.patience_days is ${var.photos.patience_days}; give a whole number from 1 to 60: an execution's name is remembered for 90 days after its end."
  }

  # https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html: an execution has 25,000 events at most, a look four.
  validation {
    condition     = var.photos.patience_days * 86400 / var.photos.recheck_seconds <= 4000
    error_message = "A product would be looked at ${floor(var.photos.patience_days * 86400 / var.photos.recheck_seconds)} times in photos.patience_days; an execution's history holds 4,000 with what else happens: give photos.recheck_seconds of ${ceil(var.photos.patience_days * 86400 / 4000)} or more."
  }

  validation {
    condition     = contains(["none", "sms"], var.photos.messages)
    error_message = "photos.messages is \"${var.photos.messages}\"; give none or sms."
  }

  validation {
    condition     = var.photos.max_bytes >= 1048576 && var.photos.max_bytes <= 10485760 && floor(var.photos.max_bytes) == var.photos.max_bytes
    error_message = "photos.max_bytes is ${var.photos.max_bytes}; give a whole number from 1048576 (1 MiB) to 10485760 (10 MiB), which the desk's memory is for."
  }
}

variable "protected" {
  description = "Whether people rely on this environment: it then has to keep its data and logs, refuse deletion and tell somebody of its alarms. Which values that takes, each of them says."
  type        = bool
  nullable    = false
}

variable "quarantine" {
  description = "The bucket for what could not be applied: days until an object in it expires, and whether destroying the environment deletes what is in it."
  type = object({
    retention_days = number
    force_destroy  = bool
  })
  nullable = false

  validation {
    condition     = var.quarantine.retention_days >= 1 && floor(var.quarantine.retention_days) == var.quarantine.retention_days
    error_message = "quarantine.retention_days is ${var.quarantine.retention_days}; give a whole number of days from 1 up."
  }

  validation {
    condition     = !var.protected || !var.quarantine.force_destroy
    error_message = "${var.environment} is protected, and its quarantine is never thrown away with what is in it: set quarantine.force_destroy = false."
  }

  validation {
    condition     = !var.protected || var.quarantine.retention_days >= 90
    error_message = "quarantine.retention_days is ${var.quarantine.retention_days}; ${var.environment} is protected and keeps what could not be applied for 90 days or more."
  }
}

variable "region" {
  description = "AWS region of the environment."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region is \"${var.region}\"; give a region's id, such as us-east-1."
  }
}

variable "runbooks_url" {
  description = "Where the runbooks are that every alarm's description ends with: a path in this repository, or the address of its copy that whoever is woken can open, without a slash at its end."
  type        = string
  default     = "docs/runbooks"
  nullable    = false

  validation {
    condition     = length(var.runbooks_url) > 0 && !endswith(var.runbooks_url, "/")
    error_message = "runbooks_url is \"${var.runbooks_url}\"; give a path or an address without a slash at its end, such as docs/runbooks."
  }

  validation {
    condition     = length(var.runbooks_url) <= 256
    error_message = "runbooks_url has ${length(var.runbooks_url)} characters; give at most 256. An alarm's description, which ends with it, has at most 1,024."
  }
}

variable "score_buckets" {
  description = "Partitions that each board is spread over, so that no one takes all its writes. Users move between them when it changes: change it only with a new generation, and never while another stands."
  type        = number
  default     = 4
  nullable    = false

  validation {
    condition     = var.score_buckets >= 1 && var.score_buckets <= 64 && floor(var.score_buckets) == var.score_buckets
    error_message = "score_buckets is ${var.score_buckets}; give a whole number from 1 to 64: every read of a board asks each bucket."
  }
}

variable "recent_events" {
  description = "How many of the last sales each score remembers of a shard, to recognise a click that its producer put twice. 8 bytes each in every score: a score beyond 1 KB costs two write units."
  type        = number
  default     = 16
  nullable    = false

  validation {
    condition     = var.recent_events >= 1 && var.recent_events <= 16 && floor(var.recent_events) == var.recent_events
    error_message = "recent_events is ${var.recent_events}; give a whole number from 1 to 16: more would push a score of five shards beyond 1 KB, where each write costs double."
  }
}

variable "shop" {
  description = "The shop: the currency of its prices, an ISO 4217 code. Prices are whole numbers of its smallest unit, so another currency is another shop: nothing is converted."
  type = object({
    currency = string
  })
  nullable = false

  validation {
    condition     = can(regex("^[A-Z]{3}$", var.shop.currency))
    error_message = "shop.currency is \"${var.shop.currency}\"; give an ISO 4217 code, three capital letters such as USD."
  }
}

variable "shop_generations" {
  description = <<-EOT
    Generations of the shop's view that stand side by side, by number, each as one of `generations`: part of the names of
    the catalog's tables and of the function that folds them. The stock is none of a generation's: all write to the one.
  EOT
  # Maps all the way, for Terraform drops what an object does not name: `enable = false` would read the stream.
  type     = map(map(string))
  nullable = false

  validation {
    condition     = length(var.shop_generations) > 0 && alltrue([for number in keys(var.shop_generations) : can(regex("^[1-9][0-9]{0,3}$", number))])
    error_message = "shop_generations are numbered from 1 up to 9999; these are: ${join(", ", keys(var.shop_generations))}."
  }

  validation {
    condition     = alltrue([for generation in values(var.shop_generations) : length(setsubtract(keys(generation), ["build", "enabled"])) == 0])
    error_message = "A generation has build and enabled; there are also ${join(", ", flatten([for number, generation in var.shop_generations : [for key in setsubtract(keys(generation), ["build", "enabled"]) : "${key} of ${number}"]]))}."
  }

  validation {
    condition     = alltrue([for generation in values(var.shop_generations) : can(tobool(lookup(generation, "enabled", null)))])
    error_message = "enabled of a generation is true or false; these are not: ${join(", ", [for generation in values(var.shop_generations) : generation.enabled if !can(tobool(lookup(generation, "enabled", null)))])}."
  }

  validation {
    condition     = alltrue([for generation in values(var.shop_generations) : lookup(generation, "build", null) == null ? true : can(regex("^[0-9a-f]{40}$", generation.build))])
    error_message = "A build is a commit's whole hash, 40 hexadecimal digits (`git rev-parse <commit>`); these are not: ${join(", ", [for generation in values(var.shop_generations) : generation.build if lookup(generation, "build", null) == null ? false : !can(regex("^[0-9a-f]{40}$", generation.build))])}."
  }
}

variable "shop_view" {
  description = <<-EOT
    The function that folds the stream into the catalog: most records in a batch, seconds for which a batch is gathered
    (freshness against cost), memory in MiB and seconds for a batch.
  EOT
  type = object({
    batch_size              = number
    batching_window_seconds = number
    memory_mb               = number
    timeout_seconds         = number
  })
  nullable = false

  validation {
    condition     = var.shop_view.batching_window_seconds <= 60
    error_message = "shop_view.batching_window_seconds is ${var.shop_view.batching_window_seconds}; give 0 to 60: who offers a product waits to see it."
  }
}

variable "sign_in" {
  description = "How players sign in: codes from an authenticator app (`off`; `optional`, asked of who has run `retailctl users second-factor`; `required`, where people have to run it before they can sign in at the page), minutes for which a token is good, hours after which they have to sign in again, and whether AWS refuses to delete the user pool."
  type = object({
    totp                = string
    token_minutes       = number
    session_hours       = number
    deletion_protection = bool
  })
  nullable = false

  validation {
    condition     = !var.protected || var.sign_in.deletion_protection
    error_message = "${var.environment} is protected, and so is its user pool against deletion: set sign_in.deletion_protection = true."
  }

  validation {
    condition     = !var.protected || var.sign_in.token_minutes <= 60
    error_message = "sign_in.token_minutes is ${var.sign_in.token_minutes}; in a protected environment tokens are good for an hour at most, for the API takes one until it ends, whatever has become of its user."
  }
}

variable "site" {
  description = "The page: where CloudFront serves it from, a domain of its own (`names` and the ARN of a certificate in us-east-1; null: CloudFront's name), the ARN of a web ACL that filters its requests (null: none), and whether destroying the environment deletes its files and the pictures."
  type = object({
    price_class   = string
    force_destroy = bool
    domain = object({
      names           = list(string)
      certificate_arn = string
    })
    web_acl_arn = optional(string)
  })
  nullable = false

  validation {
    condition     = !var.protected || !var.site.force_destroy
    error_message = "${var.environment} is protected, and its page is not thrown away unasked: set site.force_destroy = false."
  }
}

variable "stream" {
  description = "The log of events: its shards (each takes 1,000 records a second), the hours for which it keeps a record, and other accounts that may put events on it."
  type = object({
    shard_count        = number
    retention_hours    = number
    writer_account_ids = optional(list(string), [])
  })
  nullable = false

  validation {
    condition     = var.stream.shard_count >= 1 && floor(var.stream.shard_count) == var.stream.shard_count
    error_message = "stream.shard_count is ${var.stream.shard_count}; give a whole number from 1 up."
  }

  validation {
    condition     = var.stream.retention_hours >= 24 && var.stream.retention_hours <= 8760 && floor(var.stream.retention_hours) == var.stream.retention_hours
    error_message = "stream.retention_hours is ${var.stream.retention_hours}; Kinesis keeps records for 24 to 8760 whole hours."
  }

  validation {
    condition     = !var.protected || var.stream.retention_hours >= 168
    error_message = "stream.retention_hours is ${var.stream.retention_hours}; ${var.environment} is protected and keeps its log for 7 days, in which a view can be rebuilt: give 168 or more."
  }
}

variable "tables" {
  description = "How the views' tables are kept: whether AWS refuses to delete them, and whether they can be restored to any second of the last 35 days."
  type = object({
    deletion_protection    = bool
    point_in_time_recovery = bool
  })
  nullable = false

  validation {
    condition     = !var.protected || var.tables.deletion_protection
    error_message = "${var.environment} is protected, and so are its tables against deletion: set tables.deletion_protection = true."
  }

  validation {
    condition     = !var.protected || var.tables.point_in_time_recovery
    error_message = "${var.environment} is protected, and its tables can be restored to any second: set tables.point_in_time_recovery = true."
  }
}

variable "trending" {
  description = <<-EOT
    The view of what sells just now: minutes after which a sale counts a half, the view's own generation, most records in
    a batch and seconds for which one is gathered (freshness against cost), memory in MiB and seconds for a batch.
  EOT
  type = object({
    half_life_minutes       = number
    generation              = number
    batch_size              = number
    batching_window_seconds = number
    memory_mb               = number
    timeout_seconds         = number
  })
  nullable = false

  validation {
    condition     = var.trending.half_life_minutes >= 1 && var.trending.half_life_minutes <= 525600 && floor(var.trending.half_life_minutes) == var.trending.half_life_minutes
    error_message = "trending.half_life_minutes is ${var.trending.half_life_minutes}; give a whole number from 1 to 525600, which is a year."
  }

  validation {
    condition     = var.trending.generation >= 1 && floor(var.trending.generation) == var.trending.generation
    error_message = "trending.generation is ${var.trending.generation}; give a whole number from 1 up."
  }
}

variable "winner_api" {
  description = <<-EOT
    The API that answers who is winning: memory in MiB, seconds for an answer, requests at once and a second that each
    route takes, and the origins whose pages may read it from a browser.
  EOT
  type = object({
    memory_mb       = number
    timeout_seconds = number
    throttle = object({
      burst           = number
      rate_per_second = number
    })
    cors_origins = list(string)
  })
  nullable = false

  validation {
    condition     = var.winner_api.timeout_seconds >= 1 && var.winner_api.timeout_seconds <= 29
    error_message = "winner_api.timeout_seconds is ${var.winner_api.timeout_seconds}; give 1 to 29: API Gateway hangs up after 30."
  }

  validation {
    condition     = !var.protected || !contains(var.winner_api.cors_origins, "*")
    error_message = "${var.environment} is protected, and its API is not opened to every page: name the origins in winner_api.cors_origins."
  }
}

variable "winner_view" {
  description = <<-EOT
    The function that folds the stream into the views: most records in a batch, seconds for which a batch is gathered
    (freshness against cost), memory in MiB and seconds for a batch.
  EOT
  type = object({
    batch_size              = number
    batching_window_seconds = number
    memory_mb               = number
    timeout_seconds         = number
  })
  nullable = false

  validation {
    condition     = var.winner_view.batching_window_seconds <= 60
    error_message = "winner_view.batching_window_seconds is ${var.winner_view.batching_window_seconds}; give 0 to 60: a board that is older than a minute is no board."
  }
}
