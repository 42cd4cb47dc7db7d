locals {
  alarm_arns = merge(local.archive_alarm_arns, {
    api                    = module.api.alarm_arns
    carts                  = module.carts.alarm_arns
    catalog                = module.catalog[local.live_shop].alarm_arns
    catalog_api            = module.catalog_api.alarm_arns
    categories             = module.categories[local.live_shop].alarm_arns
    contributions          = module.contributions[local.live].alarm_arns
    event_writer           = module.event_writer.alarm_arns
    idempotency            = module.idempotency.alarm_arns
    order_machine          = module.order_machine.alarm_arns
    order_tasks            = module.order_tasks.alarm_arns
    orders                 = module.orders.alarm_arns
    orders_waiting         = { oldest_open = aws_cloudwatch_metric_alarm.orders_waiting.arn }
    payments               = module.payments.alarm_arns
    photo_desk             = module.photo_desk.alarm_arns
    photos                 = module.photos.alarm_arns
    players                = module.players.alarm_arns
    products_waiting       = { longest_wait = aws_cloudwatch_metric_alarm.products_waiting.arn }
    quarantine             = { records_quarantined = aws_cloudwatch_metric_alarm.records_quarantined.arn }
    redrives               = module.redrives.alarm_arns
    scores                 = module.scores[local.live].alarm_arns
    shop_api               = module.shop_api.alarm_arns
    shop_view              = module.shop_view[local.live_shop].alarm_arns
    shop_view_consumer     = module.shop_view_consumer[local.live_shop].alarm_arns
    stock                  = module.stock.alarm_arns
    stream                 = module.stream.alarm_arns
    studio                 = module.studio.alarm_arns
    studio_api             = module.studio_api.alarm_arns
    studio_intake          = module.studio_intake.alarm_arns
    studio_intake_consumer = module.studio_intake_consumer.alarm_arns
    studio_tasks           = module.studio_tasks.alarm_arns
    trending               = module.trending.alarm_arns
    trending_api           = module.trending_api.alarm_arns
    trending_consumer      = module.trending_consumer.alarm_arns
    trending_view          = module.trending_view.alarm_arns
    winner_api             = module.winner_api.alarm_arns
    winner_view            = module.winner_view[local.live].alarm_arns
    winner_view_consumer   = module.winner_view_consumer[local.live].alarm_arns
  })
}

output "alarm_arns" {
  description = "ARNs of the alarms, by part of the system and by what they watch. Those of the views are the live generation's."
  value       = local.alarm_arns
}

output "api_domain_target" {
  description = "Where the record of the API's domain is to point; null without a domain."
  value       = module.api.domain_target
}

output "api_id" {
  description = "Id of the API, by which the local cloud is asked for it."
  value       = module.api.api_id
}

output "api_url" {
  description = "Address of the API, without a slash at its end: its domain's where it has one."
  value       = module.api.api_endpoint
}

output "archive_bucket" {
  description = "Bucket that keeps the log beyond the stream's retention; null where there is no archive."
  value       = one(module.archive_bucket[*].id)
}

output "canaries" {
  description = "Names of the functions that `canary` can try a new version of, by logical name."
  value = {
    catalog_api  = module.catalog_api.function_name
    event_writer = module.event_writer.function_name
    shop_api     = module.shop_api.function_name
    studio_api   = module.studio_api.function_name
    trending_api = module.trending_api.function_name
    winner_api   = module.winner_api.function_name
  }
}

output "carts_table" {
  description = "Table of customers' carts, a line of one an item; every generation of the shop's view writes to it."
  value       = module.carts.name
}

output "catalog_table" {
  description = "Table of the products that can be bought, and of those that are not offered yet."
  value       = module.catalog[local.live_shop].name
}

output "categories_table" {
  description = "Table of the categories and how many products each has."
  value       = module.categories[local.live_shop].name
}

output "cognito_url" {
  description = "Where browsers send sign-ins."
  value       = "${local.cognito_origin}/"
}

output "contributions_table" {
  description = "Table of who offered and who photographed each product."
  value       = module.contributions[local.live].name
}

output "currency" {
  description = "What prices are in, an ISO 4217 code."
  value       = var.shop.currency
}

output "dashboard_name" {
  description = "Name of the CloudWatch dashboard."
  value       = aws_cloudwatch_dashboard.environment.dashboard_name
}

output "environment" {
  description = "The environment that this state is."
  value       = terraform_data.environment_pin.output
}

output "functions" {
  description = "Names of the functions by logical name; of a view with generations, the live one's."
  value = merge(local.archive_functions, {
    catalog_api   = module.catalog_api.function_name
    event_writer  = module.event_writer.function_name
    order_tasks   = module.order_tasks.function_name
    photo_desk    = module.photo_desk.function_name
    shop_api      = module.shop_api.function_name
    shop_view     = module.shop_view[local.live_shop].function_name
    studio_api    = module.studio_api.function_name
    studio_intake = module.studio_intake.function_name
    studio_tasks  = module.studio_tasks.function_name
    trending_api  = module.trending_api.function_name
    trending_view = module.trending_view.function_name
    winner_api    = module.winner_api.function_name
    winner_view   = module.winner_view[local.live].function_name
  })
}

output "generations" {
  description = "The generations of the views that stand, by number: their tables, function, mapping, and the build that is pinned to it (null: this one's)."
  value = {
    for number, generation in local.generations : number => {
      build               = generation.build
      contributions_table = module.contributions[number].name
      enabled             = generation.enabled
      function            = module.winner_view[number].function_name
      mapping             = module.winner_view_consumer[number].uuid
      scores_table        = module.scores[number].name
    }
  }
}

output "idempotency_table" {
  description = "Table of what became of requests that came with an Idempotency-Key."
  value       = module.idempotency.name
}

output "live_generation" {
  description = "The generation that the API reads."
  value       = var.live_generation
}

output "live_shop_generation" {
  description = "The generation of the shop's view that the API reads."
  value       = var.live_shop_generation
}

output "orders_machine_arn" {
  description = "Machine that carries out orders, one execution an order."
  value       = module.order_machine.arn
}

output "orders_table" {
  description = "Table of customers' orders, and how far each is."
  value       = module.orders.name
}

output "payments_table" {
  description = "Table of what the simulated payment provider holds and has taken."
  value       = module.payments.name
}

output "photos" {
  description = "How products are photographed here: the environment's values."
  value       = var.photos
}

output "photos_machine_arn" {
  description = "Machine that has each offered product photographed, one execution a product."
  value       = module.photos.arn
}

output "pictures_bucket" {
  description = "Bucket of the pictures, and of uploads until they are checked."
  value       = module.pictures.id
}

output "quarantine_bucket" {
  description = "Bucket of what could not be applied."
  value       = module.quarantine.id
}

output "redrives_table" {
  description = "Table of quarantined records that were put on the stream anew, or dropped."
  value       = module.redrives.name
}

output "region" {
  description = "AWS region of the environment."
  value       = var.region
}

output "scores_table" {
  description = "Table of each contributor's score."
  value       = module.scores[local.live].name
}

output "shop_generations" {
  description = "The generations of the shop's view that stand, by number: their tables, function, mapping, and the build that is pinned to it (null: this one's)."
  value = {
    for number, generation in local.shop_generations : number => {
      build            = generation.build
      catalog_table    = module.catalog[number].name
      categories_table = module.categories[number].name
      enabled          = generation.enabled
      function         = module.shop_view[number].function_name
      mapping          = module.shop_view_consumer[number].uuid
    }
  }
}

output "site_bucket" {
  description = "Bucket that the page's files are put into."
  value       = module.site.bucket
}

output "site_distribution_id" {
  description = "Id of the distribution that serves the page."
  value       = module.site.distribution_id
}

output "site_url" {
  description = "Address of the page, without a slash at its end. The API answers there too, by the same paths."
  value       = module.site.url
}

output "stock_table" {
  description = "Table of what is there of each product; every generation of the shop's view writes to it."
  value       = module.stock.name
}

output "stream_name" {
  description = "Stream of events: the log that everything is folded from."
  value       = module.stream.name
}

output "stream_writer_role_arn" {
  description = "Role by which other accounts put events on the stream; null where none may."
  value       = module.stream.writer_role_arn
}

output "studio_table" {
  description = "Table of the photographers, of what each product waits for, and of both lines."
  value       = module.studio.name
}

output "trending_table" {
  description = "Table of each product's time-weighted sales."
  value       = module.trending.name
}

output "uploads_url" {
  description = "Where browsers send pictures."
  value       = "${local.uploads_origin}/"
}

output "user_pool_client_id" {
  description = "App client that the page signs in with."
  value       = module.players.client_id
}

output "user_pool_id" {
  description = "User pool of the players, who are made by `retailctl users add`."
  value       = module.players.id
}

output "workshop" {
  description = "Whether this is a workshop: photographers may name a picture of any product, unasked, and customers a purchase, without an order."
  value       = var.event_writer.workshop
}
